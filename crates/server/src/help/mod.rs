//! `/help/shortcuts`.

use askama::Template;

use crate::page::{Place, Shell, html};
use crate::problem::Answer;

#[derive(Template)]
#[template(path = "help/shortcuts.html")]
struct Page {
    shell: Shell,
}

pub async fn shortcuts(shell: Shell) -> Answer {
    html(&Page {
        shell: shell
            .at(Place::Home, "Keyboard shortcuts", "plain")
            .here("Keyboard shortcuts"),
    })
}
