"""The paper's questions as a grid of trainings: what is asked, one cell's answer, and the tables of what holds."""
