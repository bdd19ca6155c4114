from node.peer.claims import look_up_claim
from node.peer.standing import standing_of
from tests.federations import TOKEN, account


def test_between_rounds_nobody_has_anything_to_do(town):
    found = standing_of(town.keys[0].address, town.federation(None), town.history, town.store)
    assert (found.round, found.phase, found.seconds_left, found.finalised_rounds) == (2, "FINALISED", 0, 2)
    assert [(seat.role, seat.drawn) for seat in found.seats] == [("trainer", True), ("validator", True)]
    assert (found.member, found.listed, found.fault_points, found.bond) == ("active", True, 0, 120 * TOKEN)
    assert found.tokens >= 1000 * TOKEN
    assert found.gas_money > 0


def test_what_is_claimable_is_not_among_the_tokens_yet(town):
    federation = town.federation(2)
    found = standing_of(federation.account, federation, town.history, town.store)
    assert found.tokens == federation.tokens(federation.account)
    claim = look_up_claim(town.history, federation, town.store, federation.account, 1)
    assert found.claimable == (claim.amount if claim else 0)


def test_a_stranger_stands_nowhere(town):
    found = standing_of(account(7).address, town.federation(None), town.history, town.store)
    assert (found.member, found.seats, found.listed) == ("none", (), False)
    assert (found.bond, found.tokens, found.claimable, found.votes) == (0, 0, 0, 0)
