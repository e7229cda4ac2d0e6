"""Time series as images: the olive-oil experiment of fastbook, reproduced and tested.

A data set's name comes in at the door and a table with intervals goes out. The rooms, in the order in which the data
passes them; each imports only rooms above it:

datasets    series, labels and which of them are for training; checked files
encoders    series to fields, fields to images; mathematics only
backbones   a timm model with the weights it asked for, and where they came from
training    a fine-tuned model's predictions and history, from arrays
evaluation  intervals and paired differences
results     one row a run, written at once, skipped when it is there
figures     a figure from rows
notebooks   executes the numbered notebooks
report      the tables at the end of a run, publishing, and the README's generated parts
"""
