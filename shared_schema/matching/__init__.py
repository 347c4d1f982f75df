"""Finding the same person again: what is compared, what each agreement is worth, what follows.

Pure, and shared by the office and the laptops: both come to the same judgement about the same
two records under the same parameters. docs/matching.md explains it in words and by hand.
"""
