"""The editing page of a draft: what it shows, what was typed, and how both become rows.

`sheet` is what the page is about, `folding` makes it of a blueprint and a blueprint of it. `forms` and `page`
read what was typed, `rearranging` adds, moves and removes parts of it, `saving` stores it.
"""
