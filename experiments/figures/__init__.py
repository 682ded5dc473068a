"""The published figures, each from one command: ``python -m experiments.figures``.

``style`` has sizes, fonts and colours, ``source`` what figures are made from, ``picture`` what they become: PNG, PDF,
caption, tables. Every other module draws one figure or two, and registers them by name.
"""
