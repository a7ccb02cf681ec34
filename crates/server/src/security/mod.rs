//! Who may ask, from where, and with what headers the answer goes out. Four layers, outermost
//! first: [`headers`], [`host`], [`origin`], [`guard`].

mod guard;
pub mod headers;
pub mod host;
pub mod origin;

pub use guard::{Guard, Refused, SESSION_COOKIE, cookie, require_login};
