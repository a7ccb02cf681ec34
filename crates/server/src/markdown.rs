//! Markdown that people wrote, as HTML that may stand in a page.

use pulldown_cmark::{Event, Options, Parser, html};

/// The HTML of `markdown`: raw HTML in it is shown as text, links go to http, https and mailto only, and
/// nothing is loaded from elsewhere (a picture becomes its words).
pub fn to_html(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let events = Parser::new_ext(markdown, options).map(|event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        other => other,
    });
    let mut raw = String::new();
    html::push_html(&mut raw, events);
    ammonia::Builder::default()
        .rm_tags(["img"])
        .url_schemes(["http", "https", "mailto"].into())
        .link_rel(Some("noopener noreferrer"))
        .clean(&raw)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::to_html;

    #[test]
    fn what_could_run_or_load_is_text_or_gone() {
        let page = to_html(
            "**b** <script>alert(1)</script> <b onclick=x>k</b> [j](javascript:alert(1)) ![i](https://a.b/c.png) <style>*{}</style>",
        );
        assert!(
            page.contains("<strong>b</strong>") && page.contains("&lt;script&gt;"),
            "{page}"
        );
        for never in ["<script", "<style", "<img", "<b ", "javascript:"] {
            assert!(!page.contains(never), "{never} in {page}");
        }
        assert!(to_html("a|b\n-|-\n1|2").contains("<table>"));
        assert!(to_html("[l](https://a.b)").contains("href=\"https://a.b\""));
    }
}
