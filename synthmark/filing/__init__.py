"""The documents for an algorithm filing (算法备案), made from what the configured labelling really does.

The way through the package: `company` (what only the company knows), `runs` (label, attack and extract samples) and
`results` (measured before, in `benchmarks/results`) give the `facts`; `fields` and `tables` turn them into what the
templates ask for; `templates` and `document` make a document of headings, paragraphs, tables and figures; `writers`
write it as Markdown, PDF and DOCX; `pack` puts the folder together.
"""
