"""The batch job: whole archives to labelled shards, on one machine or many.

    sources -> survey -> rows -> clean -> label -> parts -> manifest -> summary

`job` composes them; `local` and `on_ray` are the two engines, and what they write is the same, byte for byte.
"""
