"""Deep embedded validation: the source's validation loss, weighted to look like the target's."""

import math

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

FOLDS = 3
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # inverse regularisation, as scikit-learn's C
LARGEST = 30.0  # of the log ratio: e^30 is no estimate any more, and e^710 is infinite


def density_ratio(source: Tensor, target: Tensor, at: Tensor) -> Tensor:
    r"""How much denser the target lies than the source, from a classifier of the two domains.

    .. math:: w(f) = \frac{p_T(f)}{p_S(f)} = \frac{n_S}{n_T} \frac{P(T \mid f)}{P(S \mid f)}

    The classifier is a logistic regression of standardised features; its regularisation is the one
    with the least log loss in three folds, as one that overfits would tell any two samples apart.

    Args:
        source: training features of the source, shape ``(n, features)``.
        target: features of the target, shape ``(m, features)``.
        at: where the ratio is wanted, shape ``(windows, features)``.

    Returns:
        Ratios of shape ``(windows,)``, float64, mean about 1 over the source.

    Raises:
        ValueError: If the widths differ or a domain has fewer than three rows.

    Reference: Bickel et al., Discriminative learning for differing training and test
    distributions, ICML 2007; used so by You et al., ICML 2019.
    """
    widths = {rows.shape[1:] for rows in (source, target, at)}
    if source.ndim != 2 or len(widths) > 1 or min(len(source), len(target)) < FOLDS:
        raise ValueError(
            f"the density ratio needs {FOLDS} or more rows of each domain, all of one width, got "
            f"{tuple(source.shape)}, {tuple(target.shape)} and {tuple(at.shape)}"
        )
    features = torch.cat([source, target]).detach().double().cpu().numpy()
    is_target = np.repeat([0, 1], [len(source), len(target)])
    classifier = GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        {"logisticregression__C": STRENGTHS},
        scoring="neg_log_loss",
        cv=StratifiedKFold(FOLDS, shuffle=True, random_state=0),  # windows come class by class
    ).fit(features, is_target)
    log_odds = torch.from_numpy(classifier.decision_function(at.detach().double().cpu().numpy()))
    log_ratio = log_odds + math.log(len(source) / len(target))
    return log_ratio.clamp(-LARGEST, LARGEST).exp()


def dev_risk(ratio: Tensor, loss: Tensor) -> float:
    r"""Loss on the target, estimated from losses on the source; lower is better.

    .. math::
        \frac{1}{n} \sum_i w_i \ell_i + \eta \Big( \frac{1}{n} \sum_i w_i - 1 \Big), \qquad
        \eta = -\frac{\operatorname{Cov}(w \ell, w)}{\operatorname{Var}(w)}

    The mean of the ratios is known to be 1; the second term (control variate) takes the chance out
    that makes it differ. It may take the value below zero where the domains hardly overlap.

    Args:
        ratio: density ratio at held-out windows of the source, shape ``(windows,)``.
        loss: of these windows, shape ``(windows,)``.

    Raises:
        ValueError: If the shapes differ or there are fewer than two windows.

    Example:
        >>> dev_risk(torch.ones(2), torch.tensor([0.25, 0.75]))  # domains alike: the mean loss
        0.5

    Reference: You et al., Towards accurate model selection in deep unsupervised domain adaptation,
    ICML 2019, algorithms 1 and 2.
    """
    if ratio.shape != loss.shape or ratio.ndim != 1 or len(ratio) < 2:
        raise ValueError(
            "the risk needs two or more ratios and as many losses, shape (windows,), got "
            f"{tuple(ratio.shape)} and {tuple(loss.shape)}"
        )
    weight = ratio.detach().double()
    weighted = weight * loss.detach().double()
    covariance = torch.cov(torch.stack([weighted, weight]))
    if covariance[1, 1] == 0:  # equal weights: nothing varies with which to correct
        return float(weighted.mean())
    eta = -covariance[0, 1] / covariance[1, 1]
    return float(weighted.mean() + eta * (weight.mean() - 1))
