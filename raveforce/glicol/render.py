from raveforce.glicol import open_engine, Program
def render(code, seconds, sample_rate=44100, engine="auto", **o):
    return open_engine(Program.literal(code), 1, sample_rate, engine, **o).play([[]], round(seconds*sample_rate))[0]
