"""The editing page of a draft: what it shows, what was typed, and how both become rows.

`sheet` is what the page is about; `folding` and `unfolding` (over `graph`) lead from a blueprint and back.
`typed` is what a form sends; `showing` makes it of a sheet, `reading` a sheet of it, by the forms of `page`
and `parts`. `rearranging` adds, moves and removes, `undoing` brings back, `draft` judges, `drawing` draws,
`saving` stores, `views` answers.
"""
