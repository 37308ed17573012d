"""The program that reads strangers' pictures, apart from the worker, and the worker's side of it.

`program.py` is started as a program of its own and imports nothing of the product but this room and the one
module of work that it is told; `confinement.py` is what a worker calls. What decides about a sample stands
outside: this room only keeps it apart (docs/adr/0011, 0151).
"""
