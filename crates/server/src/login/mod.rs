//! `/login` and `/logout`: a browser's way in where the server has a token.

mod leave;
mod show;
mod submit;

pub use leave::leave;
pub use show::show;
pub use submit::submit;

use askama::Template;

use crate::page::Shell;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    shell: Shell,
    next: String,
    error: Option<&'static str>,
}

/// A path of ours to go on to, never another site's address.
fn local(next: Option<&str>, base: &str) -> String {
    let home = format!("{base}/");
    next.filter(|n| n.starts_with(&home) && !n.starts_with("//") && !n.contains(['\\', '\r', '\n', '\t']))
        .map_or(home, str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn the_way_on_stays_here() {
        assert_eq!(local(Some("/runs?s=0.9"), ""), "/runs?s=0.9");
        for elsewhere in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "runs",
            "",
        ] {
            assert_eq!(local(Some(elsewhere), ""), "/", "{elsewhere:?}");
        }
        assert_eq!(local(Some("/runs"), "/tools/gb"), "/tools/gb/");
        assert_eq!(local(Some("/tools/gb/runs"), "/tools/gb"), "/tools/gb/runs");
    }
}
