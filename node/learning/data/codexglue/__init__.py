"""Readers of CodeXGLUE's own file formats, a module a family of tasks: what they yield are the pieces a task cuts.

Files come from outside: everything is bounded, and an error names file, line and field. Other folders of source code
are `data.files`' business.
"""
