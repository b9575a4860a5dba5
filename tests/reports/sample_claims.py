"""What the sample run is about: some claims of two systems, and which of them each mutant breaks."""

from __future__ import annotations

from collections.abc import Mapping

Said = tuple[str, str, str, str, tuple[str, ...], str, str]
"""Title, sentence, formula, kind, parents, bound in words, source."""

ADABOOST: Mapping[str, Said] = {
    "ADA-01": (
        "Initial and running normalisation",
        "The first weights are the given ones divided by their sum, and every round's weights sum to one.",
        r"D_1(i)=\frac{w_i}{\sum_j w_j},\quad \sum_i D_m(i)=1",
        "identity",
        (),
        "(n+1) u",
        "freund1997|Fig. 2",
    ),
    "ADA-02": (
        "The vote",
        "The vote of a round is half the log odds of its weighted error $\\varepsilon_m$.",
        r"\alpha_m=\tfrac12\ln\frac{1-\varepsilon_m}{\varepsilon_m}",
        "identity",
        ("ADA-01",),
        "(2n+8) u + 2u|α|",
        "freund1997|Fig. 2",
    ),
    "ADA-04": (
        "The last hypothesis becomes worthless",
        "Under the new weights the hypothesis just chosen errs exactly half of the time.",
        r"\sum_{i:h_m(x_i)\ne y_i}D_{m+1}(i)=\tfrac12",
        "identity",
        ("ADA-02",),
        "(2n+2|α|+8) u",
        "schapire2012|ch. 1",
    ),
    "ADA-05": (
        "One-step rational update",
        "The weights of the next round follow from this round's by a rational formula, no exponential needed.",
        r"D_{m+1}(i)=\begin{cases}\frac{D_m(i)}{2\varepsilon_m}&h_m(x_i)\ne y_i\\"
        r"\frac{D_m(i)}{2(1-\varepsilon_m)}&\text{else}\end{cases}",
        "identity",
        ("ADA-02",),
        "(2n+2|α|+12) u D",
        "freund1997|Fig. 2",
    ),
    "ADA-06": (
        "Closed form of the weights",
        "All rounds together are one softmax of minus the margin.",
        r"D_{m+1}(i)=\frac{D_1(i)e^{-y_iF_m(x_i)}}{\sum_jD_1(j)e^{-y_jF_m(x_j)}}",
        "identity",
        ("ADA-01",),
        "m(n+8) u",
        "friedman2000|section 4",
    ),
    "ADA-07": (
        "Training error is bounded by the product of normalisers",
        "The training error never exceeds the product of all normalisers.",
        r"\sum_iD_1(i)\mathbf{1}[y_iF_M(x_i)\le0]\le\prod_mZ_m\le e^{-2\sum_m\gamma_m^2}",
        "inequality",
        ("ADA-02", "ADA-06"),
        "M u Σ|α| + M(2n+8) u",
        "freund1997|Theorem 6",
    ),
    "ADA-09": (
        "Stump optimality",
        "No stump of any feature, threshold and polarity errs less than the one chosen.",
        r"\varepsilon_m=\min_{j,t,s}\sum_{i:s\,\operatorname{sign}(x_{ij}-t)\ne y_i}D_m(i)",
        "certificate",
        (),
        "2γ(n) Σ D",
        "freund1997|section 2",
    ),
    "ADA-14": (
        "Resampling is unbiased",
        "Rows are drawn independently, each with its own weight as probability.",
        r"P(I_k=i)=D_m(i)",
        "statistical",
        ("ADA-01",),
        "exact binomial at level 8.1e-10",
        "freund1997|section 4",
    ),
    "ADA-15": (
        "Degenerate rounds",
        "A perfect round ends the loop and outvotes all others; nothing returned is NaN or infinite.",
        r"\varepsilon_m=0\Rightarrow\operatorname{err}(F_m)=0",
        "certificate",
        ("ADA-07",),
        "0 (exact)",
        "freund1997|section 4",
    ),
    "ADA-18": (
        "Weighted median of AdaBoost.R2",
        "The prediction of the regression ensemble is the weighted median of its members.",
        r"\hat y=\operatorname{arg\,min}_c\sum_t\ln\frac1{\beta_t}|h_t-c|",
        "certificate",
        (),
        "4γ(T) + 8u",
        "drucker1997|section 2",
    ),
}
FIELDS: Mapping[str, Said] = {
    "RCF-01": (
        "Three recurrences agree",
        "Counting from the bottom, from the top and in closed form gives the same size.",
        r"r_L=1+\sum_l(k_l-1)\prod_{i<l}s_i",
        "exact",
        (),
        "0 (exact)",
        "araujo2019|equation 2",
    ),
    "RCF-02": (
        "Dilation",
        "A dilated kernel reaches as far as one of size d(k−1)+1.",
        r"k^e=d(k-1)+1",
        "exact",
        ("RCF-01",),
        "0 (exact)",
        "yu2016|section 2",
    ),
    "RCF-06": (
        "A stack is one convolution",
        "The size of the output follows from the receptive field of the whole stack.",
        r"n_L=\left\lfloor\frac{n+P_l+P_r-r}{S}\right\rfloor+1",
        "exact",
        ("RCF-01",),
        "0 (exact)",
        "araujo2019|",
    ),
    "RCF-11": (
        "Effective receptive field",
        "The standard deviation of the path counts grows as the square root of the depth.",
        r"\sigma^2=\sum_l\frac{j_{l-1}^2d_l^2(k_l^2-1)}{12}",
        "identity",
        ("RCF-01",),
        "γ(4L+6) σ²",
        "luo2016|section 2",
    ),
}
KILLS: Mapping[str, tuple[str, str, frozenset[str]]] = {
    "alpha-without-half": (
        "adaboost",
        "α = ln((1−ε)/ε), the factor ½ forgotten",
        frozenset({"ADA-02", "ADA-04", "ADA-05", "ADA-07"}),
    ),
    "alpha-log2": (
        "adaboost",
        "α with the binary logarithm",
        frozenset({"ADA-02", "ADA-04", "ADA-05"}),
    ),
    "no-normalisation": (
        "adaboost",
        "the weights are never divided by their sum",
        frozenset({"ADA-01", "ADA-04", "ADA-05", "ADA-06"}),
    ),
    "one-polarity": ("adaboost", "stumps vote + on the right only", frozenset({"ADA-09"})),
    "uniform-resampling": ("adaboost", "rows drawn without regard to their weight", frozenset({"ADA-14"})),
    "jump-before-use": ("receptive_field", "the jump grows before it is used", frozenset({"RCF-01", "RCF-06"})),
    "dilation-ignored": ("receptive_field", "k for d(k−1)+1", frozenset({"RCF-01", "RCF-02", "RCF-06"})),
}
