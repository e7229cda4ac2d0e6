"""What make same counts, and its table."""

import pandas as pd
import same

from tsvision.data import datasets


def put(root, change, accuracies, predicted, losses):
    """Two rows of one method on three test series each, and a row of another method with one epoch less to show."""
    folder = root / same.OUT / change / "results"
    folder.mkdir(parents=True)
    names = ["fine-tune", "fine-tune", "ridge"]
    pd.DataFrame({"method": names, "backbone": ["net", "net", None], "accuracy": accuracies}).to_csv(
        folder / "same.csv", index=False
    )
    runs = [run for run in range(3) for _ in range(3)]
    pd.DataFrame({"run": runs, "predicted": predicted}).to_csv(folder / "same.predictions.csv", index=False)
    pd.DataFrame({"run": [0, 1], "train_loss": losses}).to_csv(folder / "same.history.csv", index=False)


def test_what_differs_is_counted_by_hand(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    put(tmp_path, "first", [1, 2 / 3, 1], [0, 1, 1, 0, 1, 0, 1, 1, 1], [0.5, 0.25])
    put(tmp_path, "two_threads", [1, 1 / 3, 1], [0, 1, 1, 1, 0, 0, 1, 1, 1], [0.5, 0.125])
    tuned, ridge = same.compared("two threads")
    assert (tuned["method"], tuned["backbone"], tuned["rows"], tuned["predictions"]) == ("fine-tune", "net", 2, 6)
    assert (tuned["differ"], tuned["largest_accuracy"], tuned["largest_loss"]) == (2, 0.333333, 0.125)
    assert (ridge["rows"], ridge["differ"], ridge["largest_accuracy"]) == (1, 0, 0)
