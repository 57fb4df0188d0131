"""Whoever wants no survey is remembered without their address, at all of their addresses, for good."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import text
from storage_examples import ADA, BEN, NINE, a_case
from storage_migrating import migrate_to

from mailbot.casework.vocabulary import Party
from mailbot.surveys import NO_SURVEY, opt_out, unasked, wants_no_survey
from storage import Store, open_store

OTHER = Party("ada.byron@work.example", "Ada Byron")


def test_a_wish_holds_at_every_address_of_the_same_person_and_names_none(store: Store) -> None:
    case = a_case(parties=(ADA, OTHER, BEN))
    with store.begin() as work:
        opt_out(work, case, OTHER.address, "m1")
        assert wants_no_survey(work, ADA.address.upper()) and wants_no_survey(work, OTHER.address)
        assert not wants_no_survey(work, BEN.address)
        assert unasked(work, a_case(parties=(ADA,))) == {ADA.address}
        assert unasked(work, a_case(parties=(BEN,))) == frozenset()
        # Somebody who writes for a resident speaks for themselves alone.
        opt_out(work, replace(case, parties=(Party("kim@example.org"), BEN)), BEN.address, "m2")
        assert wants_no_survey(work, BEN.address) and not wants_no_survey(work, "kim@example.org")
        assert not any("@" in key for key in work.remembered(NO_SURVEY))
        assert len(work.remembered(NO_SURVEY)) == 3


def test_one_address_that_wants_none_is_enough_for_a_case(store: Store) -> None:
    with store.begin() as work:
        opt_out(work, None, OTHER.address, "m1")
        assert unasked(work, a_case(parties=(ADA, OTHER))) == {ADA.address, OTHER.address}


def test_wishes_of_an_older_version_are_kept_under_their_hash(empty_url: str) -> None:
    with migrate_to(empty_url, "0003") as connection:
        connection.execute(text("INSERT INTO meta (key, value) VALUES ('no_survey:Ada@Example.org', 'm1')"))
    store = open_store(empty_url)
    store.upgrade()
    with store.begin() as work:
        assert wants_no_survey(work, "ada@example.org")
        assert not any("@" in key for key in work.remembered(NO_SURVEY))
        work.note(NINE, "mailbot", "reckoning", "It adds up.")
    store.close()
