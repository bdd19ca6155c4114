"""Secrets in code: keys, tokens and passwords that a model must not learn to repeat.

`DetectSecrets` stands on Yelp's detect-secrets: its patterns of known formats and its pattern of assignments to names
that sound secret. Its entropy detectors are left out (they flag hashes and test data by the hundred), and so is its
verification, which would send what it found to its issuer.
"""

import importlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from node.learning.data.check.encoding import line_of

if TYPE_CHECKING:
    from detect_secrets.plugins.base import BasePlugin

__all__ = ["DetectSecrets", "SecretScanner"]

# Modules of detect_secrets.plugins; not there are those for which a long word is enough to be suspicious.
DETECTORS = (
    "aws",
    "azure_storage_key",
    "basic_auth",
    "cloudant",
    "discord",
    "github_token",
    "gitlab_token",
    "ibm_cloud_iam",
    "ibm_cos_hmac",
    "jwt",
    "mailchimp",
    "npm",
    "openai",
    "private_key",
    "pypi_token",
    "sendgrid",
    "slack",
    "softlayer",
    "square_oauth",
    "stripe",
    "telegram_token",
    "twilio",
)
PRIVATE_KEY, IN_A_URL = "Private Key", "Basic Auth Credentials"  # as detect-secrets calls them
LONGEST_LINE = 4000  # characters; a longer line is looked at in pieces that overlap
OVERLAP = 500
# Lines worth the detectors' time: a long run of key characters, credentials in a URL, a name that sounds secret.
_RUN = re.compile(r"[A-Za-z0-9+/=_-]{20,}")
_MARK = re.compile(r"://[^\s/]*@|PRIVATE KEY|PuTTY-User-Key")
_ALLOWED = re.compile(r"pragma: ?allow-?list[ -]secret")  # detect-secrets' own comment for a line that was looked at
_PLACEHOLDER = re.compile(
    r"\*|\.\.\.|<|\{|%|\$|xxx|example|sample|placeholder|change|dummy|fake|foo|secret|pass|pwd|key|token|test|user|your|none|null|1234",
    re.IGNORECASE,
)
SHORTEST_PASSWORD = 6  # characters
_KEY_BODY = re.compile(r"[A-Za-z0-9+/=]{32}")
BODY_WITHIN = 400  # characters after a private key's first line; without one, the line only names the format


class SecretScanner(Protocol):
    """Finds secrets in one text, without leaving the process."""

    def scan(self, name: str, text: str) -> Iterator[tuple[int, str]]:
        """Lines, from 1 and ascending, and what sort of secret each seems to hold; never the secret."""
        ...


class DetectSecrets:
    """The scanner of the node: offline and deterministic, its detectors loaded once."""

    def __init__(self) -> None:
        from detect_secrets.plugins.keyword import DENYLIST, KeywordDetector

        self._formats = [detector for name in DETECTORS for detector in _detectors_of(name)]
        self._keyword = KeywordDetector()
        self._named = re.compile("|".join(DENYLIST), re.IGNORECASE)

    def scan(self, name: str, text: str) -> Iterator[tuple[int, str]]:
        """See `SecretScanner.scan`; one finding a line. A line with `pragma: allowlist secret` is passed over."""
        for start in sorted(self._candidates(text)):
            end = text.find("\n", start)
            line = text[start : end if end >= 0 else len(text)]
            if _ALLOWED.search(line) or not (kind := self._kind(line)):
                continue
            if kind != PRIVATE_KEY or _KEY_BODY.search(text, start, start + BODY_WITHIN):
                yield line_of(text, start), kind

    def _candidates(self, text: str) -> set[int]:
        """Where the lines start that may hold a secret."""
        places = [found.start() for found in _RUN.finditer(text) if any(map(str.isdigit, found[0]))]
        places += [found.start() for pattern in (_MARK, self._named) for found in pattern.finditer(text)]
        return {text.rfind("\n", 0, place) + 1 for place in places}

    def _kind(self, line: str) -> str | None:
        for start in range(0, max(len(line) - OVERLAP, 1), LONGEST_LINE - OVERLAP):
            part = line[start : start + LONGEST_LINE]
            for detector in self._formats:
                if any(_is_credible(detector, found) for found in detector.analyze_string(part)):
                    return detector.secret_type
            if any(_is_password(found, part) for found in self._keyword.analyze_string(part)):
                return "password or key in a name that sounds secret"
        return None


def _detectors_of(name: str) -> "list[BasePlugin]":
    """The detectors that a module of detect-secrets defines."""
    module = importlib.import_module(f"detect_secrets.plugins.{name}")
    return [one() for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]


def _is_credible(detector: "BasePlugin", found: str) -> bool:
    """Documentation is full of addresses like `scheme://user:password@host`."""
    return detector.secret_type != IN_A_URL or _is_random(found)


def _is_password(found: str, line: str) -> bool:
    """Whether the value is a literal that was made to be hard to guess, and neither a word nor a placeholder."""
    return any(quote + found in line for quote in "'\"`") and _is_random(found)


def _is_random(found: str) -> bool:
    return (
        len(found) >= SHORTEST_PASSWORD
        and not re.search(r"\s", found)
        and any(map(str.isdigit, found))
        and any(map(str.isalpha, found))
        and not _PLACEHOLDER.search(found)
    )
