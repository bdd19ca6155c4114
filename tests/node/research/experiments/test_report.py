"""A report has the shape of the paper's tables, with the paper's own figures in it."""

from dataclasses import replace

from node.research.experiments.report import report
from node.research.experiments.results import findings


def test_rows_are_ours_then_the_papers(tiny, results):
    text = report(tiny, findings(results))
    assert "## Table 3: code search (MRR)" in text
    assert "| model | case | base | centralised | single | FedAvg | FedTrimmedAvg | FedProx | FedMedian |" not in text
    assert "| model | case | base | centralised | single | FedAvg | FedTrimmedAvg | FedMedian | FedProx |" in text
    assert (
        "| bag of words | uniform | 0.100 | 0.900 ± 0.000 | 0.300 ± 0.000 | 0.800 ± 0.000 | 0.550 ± 0.0707 | – |"
        in text
    )
    assert "| *paper: CodeBERT* |  | – | *0.2719* | *0.252* | *0.2989* | *0.268* | *0.3022* | *0.2695* |" in text
    assert "uniform: 10 to 10 samples each, mean skew of labels 0.40" in text
    assert "* FedAvg, uniform: 0.500 above the mean single client" in text
    assert "Without a model: copy_mrr 0.250. What clients hold" in text
    assert text.count("aim: ") == 2


def test_code_to_text_has_runs_down_and_languages_across(tiny, results):
    (found,) = findings(results)
    study = found.study.model_copy(
        update={"table": "4", "case": "python", "distributions": ("uniform",), "scale": 100.0}
    )
    found = replace(found, study=study, by_distribution={"uniform": found.by_distribution["uniform"]})
    text = report(tiny, [found])
    assert "| model | run | python | ruby | javascript | go | java | php |" in text
    assert "| bag of words | FedAvg | 80.00 ± 0.000 | – | – | – | – | – |" in text
    assert "| *paper: CodeT5* | FedMedian | *11.99* | *9.96* |" in text


def test_program_repair_is_no_table_of_the_papers(tiny, results):
    (found,) = findings(results)
    found = replace(found, study=found.study.model_copy(update={"table": "repair"}))
    assert "## Beyond the tables: program repair" in report(tiny, [found])
