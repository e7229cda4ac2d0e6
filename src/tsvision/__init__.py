"""Time series as images: the olive-oil experiment of fastbook, reproduced and tested.

A data set's name comes in at the door and a table with intervals goes out. The rooms, in the order in which the data
passes them; each imports only rooms above it:

fetch       what comes over the network: whole and checked, or not there
files       a file of series, line by line
datasets    series, labels and which of them are for training; checked files
splits      which series train and which test
provenance  what a result came from: code, versions, machine
forensics   what may have happened to a data set on its way, simulated
originals   pictures as the 2018 notebook saved them, with axes
devices     the processor that computes, its precision, what a run costs
colours     fields to images: a table of colours
encoders    series to fields; mathematics only
backbones   a timm model with the weights it asked for, and where they came from
training    a fine-tuned model's predictions and history, from arrays
frozen      trunks that run once, and what is trained on their outputs
lastblock   a transformer's last block, trained on the kept tokens of the rest
lengths     one trained model, series of any length
baselines   classifiers that see no picture
intervals   where the truth plausibly lies
evaluation  accuracies and paired differences of runs
coverage    studies made up, whose truth is known: do the intervals cover it?
journal     what is kept on the disk: whole or not there
results     one row a run, written at once, skipped when it is there
verdicts    how a claim is judged, and in which words
claims      the post's claims, and the rule for each
questions   the post's open questions, and the rule for each
figures     figures of series and fields
charts      charts of results, from rows
overview    all methods in one chart
mistakes    charts of which series go wrong
ranks       recipes over several data sets
notebooks   executes the numbered notebooks
tables      generated tables of the pages
readme      the README's other generated parts
report      the tables at the end of a run, and publishing
"""
