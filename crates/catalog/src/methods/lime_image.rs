//! LIME for pictures.

use crate::entry::{Cost, Default, Entry, Family, Need, Output, Paper, Parameter, Type};

pub(super) const ENTRY: Entry = Entry {
    name: "lime_image",
    title: "LIME",
    family: Family::LocalSurrogate,
    summary: "The picture is cut into segments of like colour; each is shown or hidden by the toss of a coin, and a linear fit on the answers says how much each segment speaks for the target. With it come a standard error and how well the fit describes the model (R²).",
    when: "You want to know which parts of a picture count, in parts that people see as one, from any model.",
    not_when: "R² is low, or the segments do not follow what the model looks at: try another segmentation.",
    needs: &[Need::Image],
    output: Output::Pixels,
    parameters: &[
        Parameter {
            name: "samples",
            title: "Samples",
            kind: Type::Integer(10, 100_000),
            default: Default::Integer(1000),
            help: "Pictures that are looked at, the whole one among them.",
        },
        Parameter {
            name: "segmentation",
            title: "Segmentation",
            kind: Type::Choice(&["auto", "quickshift", "slic", "felzenszwalb", "grid"]),
            default: Default::Choice("auto"),
            help: "How the picture is cut: auto (quickshift, and slic where that leaves fewer than 8 segments), quickshift (hills of colour and place), slic (about equal regions), felzenszwalb (along strong edges), grid (squares).",
        },
        Parameter {
            name: "segments",
            title: "Segments",
            kind: Type::Integer(2, 1000),
            default: Default::Integer(50),
            help: "About how many segments; of slic and grid.",
        },
        Parameter {
            name: "hide",
            title: "Hidden segments",
            kind: Type::Choice(&["mean", "value", "baseline"]),
            default: Default::Choice("mean"),
            help: "What a hidden segment looks like: its own mean colour, one value everywhere, or the baseline.",
        },
        Parameter {
            name: "hide_value",
            title: "Value",
            kind: Type::Number(-1_000_000.0, 1_000_000.0),
            default: Default::Number(0.0),
            help: "With hide value: the number in every channel, as the model sees it.",
        },
        Parameter {
            name: "kernel_width",
            title: "Kernel width",
            kind: Type::Number(0.001, 1000.0),
            default: Default::Number(0.25),
            help: "How far 'near' reaches, in cosine distance of the segments shown.",
        },
        Parameter {
            name: "kernel_size",
            title: "Density width",
            kind: Type::Number(0.5, 50.0),
            default: Default::Number(4.0),
            help: "Of quickshift: the width of the Gaussian, in pixels; larger gives fewer segments.",
        },
        Parameter {
            name: "max_dist",
            title: "Reach",
            kind: Type::Number(0.0, 10_000.0),
            default: Default::Number(200.0),
            help: "Of quickshift: the farthest a pixel is from the one it belongs to.",
        },
        Parameter {
            name: "ratio",
            title: "Colour weight",
            kind: Type::Number(0.0, 1.0),
            default: Default::Number(0.2),
            help: "Of quickshift: the weight of colour against place.",
        },
        Parameter {
            name: "compactness",
            title: "Compactness",
            kind: Type::Number(0.001, 1000.0),
            default: Default::Number(10.0),
            help: "Of slic: the weight of place against colour.",
        },
        Parameter {
            name: "scale",
            title: "Scale",
            kind: Type::Number(0.0, 100_000.0),
            default: Default::Number(100.0),
            help: "Of felzenszwalb: larger gives larger segments.",
        },
    ],
    cost: Cost {
        forward: "samples",
        backward: "0",
    },
    paper: Some(Paper {
        authors: "Ribeiro et al. 2016",
        title: "Why should I trust you? Explaining the predictions of any classifier",
        id: "arXiv:1602.04938",
    }),
    notice: Some(
        "The coefficients depend on the segments, the kernel width and what hidden segments look like; compare two settings before relying on them. They do not add up to the output.",
    ),
    complete: false,
    uses_baseline: true,
    uses_seed: true,
};
