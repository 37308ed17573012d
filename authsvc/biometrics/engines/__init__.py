"""Face models behind one small interface; `loading.load_engine(name)` gives the process its engine."""
