"""Words that raise a flag whatever the model thinks of the mail."""

from __future__ import annotations

import time

import pytest

from classifiers.sentinels import watch
from classifiers.watchwords import WATCHWORDS
from mailbot.casework.vocabulary import Flag

HAZARD = [
    "There is a strong smell of gas in the hall",
    "can smell gas by the cooker",
    "gas smell in flat 4, who do I ring",
    "gas is leaking under the sink",
    "The carbon monoxide alarm keeps going off",
    "our CO alarm sounded last night",
    "No heating with a newborn in the house",
    "We have had no hot water for six days and my wife is pregnant",
    "the boiler is off again, I am 84",
    "heating broke on Friday. baby is 3 weeks old",
    "The bedroom ceiling collapsed last night",
    "whole ceiling has come down on the bed",
    "ceiling is bulging and dripping",
    "sparks came out of the socket when I plugged the kettle in",
    "bare wires hanging out of the wall in the hall",
    "there is a burn mark round the plug socket and it's hot",
    "water is coming through the light fitting",
    "I'm stuck in the lift between 6 and 7",
    "Mum has been trapped in her flat since the lift broke, she uses a wheelchair",
    "The fire door on our landing won't close",
    "we have no smoke alarms at all",
    "black mould all over the cot and the baby is wheezing",
    "raw sewage coming up in the bath",
    "they drilled into the artex, is it asbestos",
    "the pull cord in my bathroom does not work",
    "the railing on the balcony came off in my hand",
    "there are needles in the play area",
    "She is on home oxygen and the supply to the block has failed twice",
    "The wall by the footpath is held up by two planks",
    "steel props have stood under the kitchen ceiling since March",
    "The flame on the boiler has gone yellow",
    "He has a ventilator at night and the meter has run out of credit",
    "The council's officer found a category 1 hazard in the bedroom",
    "Our view is that the family should not be sleeping in that room",
    "The flat was found unfit for human habitation",
    "By the way there's a funny eggy whiff in the hall since Sunday",
    "an odd smell near the meter when it is cold",
]
SAFEGUARDING = [
    "I am in a refuge with my son",
    "my ex has been released and still has keys to my door",
    "he goes through my phone so please email only",
    "I keep thinking about suicide",
    "I don't want to be here any more",
    "some days I think everyone would be better off without me",
    "i cant go on like this",
    "I want to end it all",
    "I am worried about the child next door, she is left on her own",
    "I support her as an IDVA",
    "there is a history of domestic violence",
    "two men are sleeping in his flat and they have his bank card",
    "There is a safeguarding concern about Mr P",
    "My client left her husband in May and he must not know where she is",
    "He locks her out on the landing at night",
    "Could I have a panic alarm, he gets out on the 14th",
    "Her nephew has taken her pension and says that she is asleep",
    "If I wasn't here it would all stop",
    "I have thought about how",
    "He has lost a lot of weight and comes in the same clothes",
]
LEGAL = [
    "You will be hearing from my solicitor",
    "This is a letter before action",
    "I am taking you to court",
    "we act for your tenant Mrs Ray",
    "a disrepair claim has been started",
    "see you in the county court",
    "I have issued proceedings",
    "I'll sue you",
]
OMBUDSMAN = [
    "I will go to the Ombudsman",
    "I'll go to the housing ombudsman next",
    "the ombudsmen will hear of this",
    "ombusman has been told",
    "omsbudman copied in",
    "cc Ombudswoman",
]
ELECTED = [
    "I have written to my MP",
    "I'm going to my mp about this",
    "Cllr Aziz has asked me",
    "my councillor says so",
]


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        *((t, Flag.URGENT_HAZARD) for t in HAZARD),
        *((t, Flag.SAFEGUARDING) for t in SAFEGUARDING),
        *((t, Flag.LEGAL_ACTION) for t in LEGAL),
        *((t, Flag.OMBUDSMAN) for t in OMBUDSMAN),
        *((t, Flag.MP_OR_COUNCILLOR) for t in ELECTED),
    ],
)
@pytest.mark.parametrize("typed", [str, str.upper], ids=["as typed", "shouted"])
def test_a_word_that_must_never_be_missed_raises_its_flag(text: str, flag: Flag, typed: type[str]) -> None:
    shouted = typed(text)
    assert flag in {r.flag for r in watch(shouted)}
    assert flag in {r.flag for r in watch("", subject=shouted)}


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("There is no smell of gas, I checked", Flag.URGENT_HAZARD),
        ("My gas check is booked for the 18th", Flag.URGENT_HAZARD),
        ("We never had carbon monoxide here", Flag.URGENT_HAZARD),
        ("I live at 12 Jubilee Court and the bins are full", Flag.LEGAL_ACTION),
        ("My solicitor needs the pack for the sale of my flat", Flag.LEGAL_ACTION),
        ("A key fob please, thank you", Flag.SAFEGUARDING),
        ("The postman left a parcel", Flag.OMBUDSMAN),
        ("Please compare the amps", Flag.MP_OR_COUNCILLOR),
    ],
)
def test_everyday_words_ring_no_bell(text: str, flag: Flag) -> None:
    assert flag not in {r.flag for r in watch(text)}


def test_a_denial_of_one_danger_does_not_hide_another() -> None:
    raised = watch("There is no smell of gas but sparks come out of the cooker switch")
    assert [r.phrase for r in raised if r.flag is Flag.URGENT_HAZARD] == ["sparks"]


def test_the_phrase_is_shown_as_it_was_typed() -> None:
    raised = {r.flag: r.phrase for r in watch("Hello. I CAN’T  GO ON. Strong Smell of GAS here")}
    assert raised[Flag.SAFEGUARDING] == "CAN’T  GO ON"
    assert raised[Flag.URGENT_HAZARD] == "Smell of GAS"


def test_a_flag_is_raised_once() -> None:
    raised = watch("gas leak. carbon monoxide. ceiling collapsed. solicitor. court claim.")
    assert len({r.flag for r in raised}) == len(raised)


def test_every_watchword_has_a_name_of_its_own() -> None:
    names = [w.name for w in WATCHWORDS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("filler", ["a", "no ", "water ", "the ex has ", "toilet\n", "sorry, " * 3])
def test_a_huge_mail_is_read_in_time(filler: str) -> None:
    begun = time.perf_counter()
    watch(filler * (2_000_000 // len(filler)))
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("An odd thing happened", Flag.SAFEGUARDING),
        ("There is a hoarding up round the works", Flag.SAFEGUARDING),
        ("May I run a dog grooming business from home", Flag.SAFEGUARDING),
        ("Angela doesn't want to go on with the complaint", Flag.SAFEGUARDING),
        ("my husband asked when the garden outside is mown", Flag.SAFEGUARDING),
        ("I replaced the pendant light in the front room", Flag.URGENT_HAZARD),
        ("You are a subsidiary of the group", Flag.URGENT_HAZARD),
        ("My complaint went through both stages", Flag.URGENT_HAZARD),
        ("The fridge was turned off at the wall", Flag.URGENT_HAZARD),
        ("Mrs Pike came to my surgery on Friday. Her bathroom ceiling is stained", Flag.URGENT_HAZARD),
    ],
)
def test_words_that_only_look_like_a_warning_raise_none(text: str, flag: Flag) -> None:
    assert flag not in {r.flag for r in watch(text)}
