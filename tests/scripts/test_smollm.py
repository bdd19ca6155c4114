from scripts.benchmarks.smollm import MODEL, guideline_for


def test_the_guideline_is_the_small_llamas_with_another_base():
    guideline = guideline_for("a" * 64, 3, 4, "0.002")
    assert guideline.data.task == "code-completion"
    assert (guideline.architecture.model, guideline.architecture.weights_sha256) == (MODEL, "a" * 64)
    assert "q_proj" in guideline.architecture.targets
    assert (guideline.update.local_steps, guideline.update.batch_size, float(guideline.update.learning_rate)) == (
        3,
        4,
        0.002,
    )
