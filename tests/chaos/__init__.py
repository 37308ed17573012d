"""Sign-ins while everything around them breaks, and what has to hold afterwards.

disturbances.py   what breaks: the table DISTURBANCES
schedule.py       when, by chance, from a seed
estate.py         what runs: processes.py under a supervisor, database.py, broker.py, joined by wires.py
people.py         who signs in meanwhile, and what each saw
reckoning.py      what has to hold: verdicts, tries, samples, the log, what people saw
clock/            lets a process read another time

`make campaign ARGS=tests/chaos` breaks everything; `make test` has a sample. CHAOS_SEED repeats a schedule.
"""
