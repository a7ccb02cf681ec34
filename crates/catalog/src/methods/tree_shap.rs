//! TreeSHAP.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "tree_shap",
    title: "TreeSHAP",
    family: Family::Trees,
    summary: "Exact Shapley values of a model made of decision trees: the base and the values of a row add up to the \
              output explained, and what each feature gets is its mean effect over all orders in which features become \
              known.",
    when: "The model is boosted trees or a forest. It is exact and fast; there is nothing to sample.",
    not_when: "Another part of the model stands behind the trees, or the probability of one of several classes is asked \
               for: use a Shapley method for any model. With strongly correlated features the two perturbations differ, \
               and neither is the right one for every question.",
    needs: &[Need::Table, Need::Trees],
    output: Output::Input,
    parameters: &[
        Parameter {
            name: "perturbation",
            title: "Features not known",
            kind: Type::Choice(&["auto", "path_dependent", "interventional"]),
            default: Default::Choice("auto"),
            help: "path_dependent: at a split about an unknown feature both ways are taken, by the shares of the training \
                   rows; raw output only. interventional: unknown features are taken from background rows. auto: \
                   path_dependent for the raw output where the model file has those shares, otherwise interventional.",
        },
        Parameter {
            name: "output",
            title: "What is explained",
            kind: Type::Choice(&["as_asked", "log_loss"]),
            default: Default::Choice("as_asked"),
            help: "as_asked: the output that the question names, raw or probability. log_loss: the loss of the prediction, \
                   given the true answer of the row; two classes, interventional.",
        },
    ],
    cost: Cost {
        forward: "0",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Lundberg et al. 2020",
        title: "From local explanations to global understanding with explainable AI for trees",
        id: "10.1038/s42256-019-0138-9",
    }),
    notice: Some(
        "The trees are walked themselves, so that no pass through the model is counted. Path-dependent values can give a \
         share to a feature that the model does not use in any row.",
    ),
    complete: true,
    uses_baseline: false,
    uses_seed: false,
};
