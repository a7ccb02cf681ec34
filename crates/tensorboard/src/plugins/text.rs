//! `/data/plugin/text/...`.

use serde_json::{Map, Value, json};

use super::markdown::unsafe_html;
use super::{Asked, Reply, listed, safe_html, to_html};
use crate::data::{Result, number};
use crate::{Array, Class, Filter, Numbers, Provider, ReadError, Scope};

/// Texts of a series, where the request says nothing.
const TEXTS: usize = 100;

/// `tags`: the tags by run.
pub async fn tags(provider: Provider, scope: Scope, _: Asked) -> Result<Reply> {
    let mut runs = Map::new();
    for series in listed(&provider, &scope, Class::Tensor, "text").await? {
        if let Some(tags) = runs.entry(series.run).or_insert_with(|| json!([])).as_array_mut() {
            tags.push(series.tag.into());
        }
    }
    Ok(Value::Object(runs).into())
}

/// `text?run&tag[&markdown=false]`: time, step, and HTML.
pub async fn text(provider: Provider, scope: Scope, asked: Asked) -> Result<Reply> {
    let (run, tag) = (asked.needed("run")?, asked.needed("tag")?);
    let filter = Filter::one(run, tag);
    let read = provider.tensors(&scope, "text", &filter, asked.points(TEXTS)?).await?;
    let markdown = asked.get("markdown") != Some("false");
    let shaped = tokio::task::spawn_blocking(move || {
        let mut events = Vec::new();
        for series in read {
            for (index, value) in series.value.iter().enumerate() {
                events.push(json!({
                    "wall_time": number(series.wall[index]), "step": series.step[index],
                    "text": page(&Array::strings(value)?, markdown),
                }));
            }
        }
        Ok::<_, ReadError>(Value::Array(events).into())
    });
    shaped.await?
}

/// One string is a text, more are a table; of more than two dimensions the first table is shown.
fn page(array: &Array, markdown: bool) -> String {
    let Numbers::Text(strings) = &array.values else {
        return String::new();
    };
    let cell = |text: &Vec<u8>| {
        let text = String::from_utf8_lossy(text);
        if markdown {
            unsafe_html(&text)
        } else {
            text.into_owned()
        }
    };
    let (rows, columns) = match array.shape[..] {
        [] => return safe_html(&strings.first().map(cell).unwrap_or_default()),
        [rows] => (rows, 1),
        [.., rows, columns] => (rows, columns),
    };
    let mut table = "<table>\n<tbody>\n".to_owned();
    for row in strings.chunks(columns.max(1)).take(rows) {
        table.push_str("<tr>\n");
        for text in row {
            table.push_str(&format!("<td>{}</td>\n", cell(text)));
        }
        table.push_str("</tr>\n");
    }
    table.push_str("</tbody>\n</table>");
    let warning = match array.shape.len() {
        dims @ 3.. => to_html(&format!(
            "**Warning:** This text summary contained data of dimensionality {dims}, but only \
             2d tables are supported. Showing a 2d slice of the data instead."
        )),
        _ => String::new(),
    };
    warning + &safe_html(&table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(shape: &[usize], texts: &[&str]) -> Array {
        Array {
            shape: shape.to_vec(),
            values: Numbers::Text(texts.iter().map(|text| text.as_bytes().to_vec()).collect()),
        }
    }

    #[test]
    fn one_text_is_a_text_and_more_are_a_table() {
        assert_eq!(page(&array(&[], &["*a*"]), true), "<p><em>a</em></p>");
        assert_eq!(page(&array(&[], &["*a* <b>"]), false), "*a* &lt;b&gt;");
        let table = page(&array(&[2, 2], &["a", "b", "c", "d"]), false);
        assert_eq!(table.matches("<tr>").count(), 2);
        assert_eq!(table.matches("<td>").count(), 4);
        assert_eq!(page(&array(&[2], &["a", "b"]), true).matches("<tr>").count(), 2);
        let deep = page(&array(&[2, 1, 2], &["a", "b", "c", "d"]), true);
        assert!(
            deep.contains("dimensionality 3") && deep.contains("<p>b</p>") && !deep.contains("<p>c</p>"),
            "{deep}"
        );
    }
}
