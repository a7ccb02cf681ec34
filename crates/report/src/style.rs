//! What a report looks like, and the policy that lets in that style and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// Everything a report looks like. It is the only style a report may have: its policy names the hash.
pub(crate) const STYLE: &str = include_str!("../templates/report.css");

/// The policy that a report carries itself.
pub(crate) fn own_policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; img-src data:; style-src 'sha256-{hash}'")
}

/// The content security policy a report is served under: its own, and what only a header can say.
pub fn policy() -> String {
    format!(
        "{}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        own_policy()
    )
}
