"""Pages of news sites: their lines, and which of them are furniture. `tasrih.article` is the door.

phrases        words of page furniture, data only
lines          lines with offsets, and the folding under which they are compared
notices        notices to the reader, data only
furniture      patterns of whole lines that only furniture reads like
signs          what a line can look like on its own, and the phrases that are a line by themselves
boilerplate    from a line to its sign: notices, links, buttons, counters
bylines        the same for bylines, dates, picture credits
menus          the same for menus, paths and lists of names
rows           a line with what the rules ask about it
timeline       dates and times that are the article's
layout         where lines stand, and what follows from that
other_article  whether another article begins at a line
passages       the text of an HTML tree, block by block
markup         HTML to text
"""
