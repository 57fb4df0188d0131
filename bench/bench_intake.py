"""What a mail costs, verb by verb: generated mail through the whole path, in one process on SQLite.

    python bench/bench_intake.py [MAILS] [--profile]

Prints processor time a mail of each verb, memory, and what attending costs beyond reading, screening and classifying
the same mails alone in the same run. The ratio is the figure to compare between machines. With --profile the verb
`attend` runs under cProfile (which makes it dearer), and its dearest functions are listed.
"""

from __future__ import annotations

import cProfile
import pstats
import resource
import sys
import time
from collections import Counter
from functools import partial

from generated_mail import varied_mails
from worlds import BATCH, processor_ms, resident_mb, world

import classifiers
from mailbot.casework.vocabulary import Stage
from mailbot.postroom.reading import read
from mailbot.postroom.screening import screen
from mailbot.start import shipped_chain
from storage import LetterState


def main(number: int, profile: bool) -> None:
    mails = list(varied_mails(number))
    chain = shipped_chain()  # the very one that the service reads with
    chain.read(classifiers.Ask(text="warm", subject="", stage=Stage.NONE))
    spent: Counter[str] = Counter()
    profiler = cProfile.Profile()
    with world() as here:
        before = resident_mb()

        def bare() -> None:
            asks = []
            for raw in some:
                mail = read(raw)
                if not screen(mail, frozenset()).automatic:
                    asks.append(classifiers.Ask(text=mail.new_text, subject=mail.subject, stage=Stage.NONE))
            chain.read_many(asks)

        wall = 0.0
        for start in range(0, number, BATCH):
            some = mails[start : start + BATCH]
            spent["bare"] += processor_ms(bare)
            spent["keep"] += processor_ms(partial(here.keep, some))
            spent["attend"] += processor_ms(
                lambda: profiler.runcall(here.attend) if profile else here.attend()
            )
            spent["tick"] += processor_ms(here.tick)
            begun = time.perf_counter()
            spent["dispatch"] += processor_ms(here.dispatch)
            wall += time.perf_counter() - begun
        with here.store.read() as work:
            states, letters, cases = work.mails_by_state(), work.letters_by_state(), len(work.cases())
        sent = letters[LetterState.SENT]
        assert sum(states.values()) == number, "a mail is lost or doubled"
        after = resident_mb()
    print(f"{number} mails, {cases} cases, {sent} letters; {sys.version.split()[0]}")
    for verb in ("keep", "attend", "tick"):
        print(f"  {verb:10} {spent[verb] / number:7.2f} ms of processor a mail")
    print(f"  dispatch   {spent['dispatch'] / sent:7.2f} ms a letter; {sent / wall:.0f} letters a second")
    print(f"  bare       {spent['bare'] / number:7.2f} ms a mail: reading, screening and classifying alone")
    print(f"  keep and attend : bare = {(spent['keep'] + spent['attend']) / spent['bare']:.2f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"  memory     {before:.0f} MB with the model, {after:.0f} MB after, {peak:.0f} MB at most")
    if profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(60)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(numbers[0] if numbers else 1000, "--profile" in sys.argv)
