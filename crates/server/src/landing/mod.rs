//! `/`: what is live, recent models, recent explanations.

use askama::Template;

use crate::page::{Place, Shell, html};
use crate::problem::Answer;

#[derive(Template)]
#[template(path = "landing.html")]
struct Page {
    shell: Shell,
}

pub async fn show(shell: Shell) -> Answer {
    html(&Page {
        shell: shell.at(Place::Home, "Home", "landing").here("Home"),
    })
}
