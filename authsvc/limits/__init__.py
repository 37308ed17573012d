"""How often something may be tried: the one list of limits, and the one store in which they are counted.

`register.py` is the list: what is limited, by what it is counted, how many, per how long. A room that limits
something names its row there and spends it (`limit.py`). What is counted lies in Redis, or on one machine in
its database; where neither can be asked, each row says what happens then.
"""
