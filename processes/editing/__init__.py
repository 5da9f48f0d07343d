"""The editing page of a draft: what it shows, what was typed, and how both become rows.

`sheet` is what the page is about; `folding` makes it of a blueprint, and `unfolding` a blueprint of it.
`graph` says which gateways have a place on it. `forms` and `page` read what was typed, `rearranging` adds,
moves and removes parts of it, `saving` stores it.
"""
