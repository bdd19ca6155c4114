"""What must be in order before a node may run: consent, gas money, membership, private code.

Checked once, at start, each with a sentence that says what to do; what goes wrong later is the loop's business.
"""

from node.chain.federation import Federation
from node.chain.web3_chain import Web3Chain
from node.chain.words import MemberStatus, Role
from node.config import Config
from node.errors import ChainError, ConfigError
from node.guideline import GUIDELINE_LIMIT, parse_guideline
from node.learning.data import read_split
from node.peer.compose import data_source
from node.ports import ContentStore

__all__ = ["ROUND_GAS", "check_ready", "require_consent", "require_gas_money"]

ROUND_GAS = 2_500_000  # what one member's transactions of one round cost at most: opening the very first is 2 million


def check_ready(config: Config, federation: Federation, store: ContentStore) -> None:
    """Refuse to start a node that could only fail.

    Raises `ConfigError` without consent to publish updates, `DataError` without code to train on, `ChainError` for an
    account that is not an active member, `InsufficientFunds` with the amount missing, and the store's errors.
    """
    require_consent(config)
    require_gas_money(federation)
    _require_member(config, federation)
    if "trainer" in config.roles:
        guideline = parse_guideline(store.get(federation.guideline().cid, GUIDELINE_LIMIT))
        read_split(data_source(config), guideline.data)


def require_consent(config: Config) -> None:
    """Raise `ConfigError` when a trainer would publish unsealed updates without its operator's word."""
    if "trainer" in config.roles and not config.may_publish_updates:
        raise ConfigError(
            "store.private is false: whoever can read the store could read this node's updates, which are not sealed "
            "yet; set store.private = true if only members can, or allow_public_updates = true to accept it"
        )


def require_gas_money(federation: Federation) -> None:
    """Raise `InsufficientFunds` naming the missing wei when the account cannot pay for one round."""
    if isinstance(federation.chain, Web3Chain):
        federation.chain.require_gas_money(ROUND_GAS, "one round")


def _require_member(config: Config, federation: Federation) -> None:
    member = federation.member(federation.account)
    if member.status is not MemberStatus.ACTIVE:
        raise ChainError(
            f"account {federation.account} is not a member ({member.status.name.lower()}); run `fednode join` first"
        )
    for role in member.roles:
        if role.name.lower() not in config.roles and role is Role.TRAINER:
            raise ConfigError(
                "roles: the account joined as a trainer and would be drawn as one; add 'trainer' to roles, or join "
                "with another account"
            )
