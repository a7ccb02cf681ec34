//! Cards under the part of their tags before the first slash.

/// Cards of one prefix.
pub struct Group<T> {
    /// The prefix; empty for tags without a slash.
    pub prefix: String,
    /// Its cards.
    pub cards: Vec<T>,
}

/// Puts cards in groups, in the order of the first card of each.
pub fn by_prefix<T>(cards: impl IntoIterator<Item = T>, tag: impl Fn(&T) -> &str) -> Vec<Group<T>> {
    let mut groups: Vec<Group<T>> = Vec::new();
    for card in cards {
        let prefix = tag(&card).split_once('/').map_or("", |(prefix, _)| prefix).to_owned();
        match groups.iter_mut().find(|group| group.prefix == prefix) {
            Some(group) => group.cards.push(card),
            None => groups.push(Group {
                prefix,
                cards: vec![card],
            }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::by_prefix;

    #[test]
    fn a_prefix_is_one_group_wherever_its_tags_are() {
        let groups = by_prefix(["a/x", "b", "a/y", "c/d/e"], |tag| tag);
        let found: Vec<(&str, usize)> = groups.iter().map(|g| (g.prefix.as_str(), g.cards.len())).collect();
        assert_eq!(found, [("a", 2), ("", 1), ("c", 1)]);
    }
}
