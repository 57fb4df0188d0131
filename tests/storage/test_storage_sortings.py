"""What people said that mails are: pointers to mails, the last word counts."""

from __future__ import annotations

import datetime as dt
import secrets

import pytest
from sqlalchemy.exc import IntegrityError
from storage_examples import NINE, a_mail

from mailbot.casework.vocabulary import Intent, Stage
from storage import Sorting, Store


def said(mail: str, intent: Intent, hours: int = 0) -> Sorting:
    at = NINE + dt.timedelta(hours=hours)
    return Sorting(mail, at, "alex", Stage.STAGE1_RESPONDED, intent, Intent.UNSURE)


def test_a_saying_comes_back_as_it_was_said(store: Store) -> None:
    with store.begin() as work:
        mail = work.keep_mail(a_mail(7))
        assert mail is not None
        work.keep_sorting(said(mail, Intent.ESCALATION_REQUEST))
    with store.read() as work:
        assert work.sortings() == [said(mail, Intent.ESCALATION_REQUEST)]


def test_of_two_sayings_on_one_mail_the_last_counts(store: Store) -> None:
    with store.begin() as work:
        mail = work.keep_mail(a_mail(7))
        assert mail is not None
        work.keep_sorting(said(mail, Intent.SERVICE_REQUEST))
        work.keep_sorting(said(mail, Intent.NEW_COMPLAINT, hours=3))
    with store.read() as work:
        assert work.sortings() == [said(mail, Intent.NEW_COMPLAINT, hours=3)]


def test_a_saying_about_no_mail_is_refused(store: Store) -> None:
    with pytest.raises(IntegrityError), store.begin() as work:
        work.keep_sorting(said(secrets.token_hex(4), Intent.OTHER))
