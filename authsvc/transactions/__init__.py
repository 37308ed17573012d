"""The state machine that joins request, device proof, capture and verdict."""
