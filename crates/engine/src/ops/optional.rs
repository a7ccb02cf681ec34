//! Values that may be absent.

use super::{Call, Entry, Grad, Out, one_host};
use crate::error::OpError;
use crate::operation::Engine;
use crate::shapes::{Fact, only};
use crate::value::{Elem, Host, Value};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("optional", op, Grad::Yes, run);
    vec![
        e("Optional", |c| match c.take(0) {
            Some(Value::Optional(_)) => Err(OpError::bad("an optional of an optional is not defined")),
            value => Ok(vec![Value::Optional(value.map(Box::new))]),
        }),
        e("OptionalGetElement", |c| match c.value(0)? {
            Value::Optional(Some(value)) => Ok(vec![*value]),
            Value::Optional(None) => Err(OpError::bad("the optional is empty")),
            // Since operator set 18 a plain value is an optional that is there.
            value => Ok(vec![value]),
        }),
        Entry::new("optional", "OptionalHasElement", Grad::Stops, has_element)
            .shape(|_| only(Fact::new(Some(Elem::Bool), Vec::new()))),
    ]
}

fn has_element<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let there = !matches!(c.take(0), None | Some(Value::Optional(None)));
    one_host(Host::new(Vec::new(), Elem::Bool, vec![i64::from(there)]))
}
