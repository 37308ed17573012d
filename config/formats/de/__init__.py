"""German: as Django has it, but for the month beside a day, which has to fit into a narrow table."""
