"""Attacks on the whole program: what a hospital's worst weeks would do to it, and what must hold
all the same.

- `bash tests/run` makes a few of each; `bash tests/run --all` all of them, and prints what was
  measured.
- Attacks that kill, signal or race run the command as a process of its own; the others in this one.
"""
