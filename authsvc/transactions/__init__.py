"""The state machine that joins request, device proof, capture and verdict.

Others come in through `services`, and read `models` and `records`. A file here is a step (`lifecycle`,
`ceremony`, `proof`, `capturing`, `verdict`), a rule that steps share (`parties`, `tries`), or what is asked
of a transaction beside its steps (`status`, `samples`, `sweeping`).
"""
