//! Names in URLs.

/// Lower-case ASCII letters, digits and single dashes; at most 60 characters; never empty.
pub fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() || c == '.' || c == '_' {
            slug.push(c);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 60 {
            break;
        }
    }
    let slug = slug.trim_matches(['-', '.']);
    if slug.is_empty() {
        "unnamed".into()
    } else {
        slug.to_owned()
    }
}

/// `slug`, `slug-2`, `slug-3` and so on, the first that is not `taken`.
pub fn free_slug(name: &str, taken: &[String]) -> String {
    let slug = slug_of(name);
    if !taken.contains(&slug) {
        return slug;
    }
    let mut number = 2u32;
    loop {
        let candidate = format!("{slug}-{number}");
        if !taken.contains(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_slugs() {
        assert_eq!(slug_of("Digits CNN (32×32)"), "digits-cnn-32-32");
        assert_eq!(slug_of("../../etc/passwd"), "etc-passwd");
        assert_eq!(slug_of("模型"), "unnamed");
        assert_eq!(free_slug("a", &["a".into(), "a-2".into()]), "a-3");
    }
}
