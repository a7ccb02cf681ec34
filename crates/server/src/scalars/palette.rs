//! The colours of `web/styles/tokens.css` and the rules by which runs get them, for drawings.

use std::collections::HashMap;

use crate::problem::{Answer, Problem};

/// Colours of the palette.
const COLOURS: usize = 12;
/// Colours times dashes; above this nobody has a colour.
const SLOTS: usize = 3 * COLOURS;

const LIGHT: [&str; COLOURS] = [
    "#476bba", "#c46b39", "#179765", "#91417d", "#07a2c6", "#a32b35", "#5335ad", "#aa9105", "#69870d", "#6b2e04",
    "#262c79", "#e45992",
];
const DARK: [&str; COLOURS] = [
    "#7ba3f6", "#fc9e6c", "#5dcd97", "#ce79b7", "#48d6fe", "#e5696b", "#8979e6", "#e0c226", "#9abe43", "#ba6230",
    "#5e6cc0", "#fda5c2",
];

/// A place in the palette: 0 to 11, and 0 solid, 1 dashed, 2 dotted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    pub colour: usize,
    pub dash: usize,
}

/// The colours of a theme.
#[derive(Debug, Clone, Copy)]
pub struct Colours {
    pub surface: &'static str,
    pub text: &'static str,
    pub muted: &'static str,
    pub grid: &'static str,
    pub axis: &'static str,
    lines: [&'static str; COLOURS],
}

impl Colours {
    /// Light unless asked.
    pub fn of(theme: Option<&str>) -> Answer<Self> {
        match theme {
            None | Some("light") => Ok(Self {
                surface: "#ffffff",
                text: "#131817",
                muted: "#4c5856",
                grid: "#e8ecea",
                axis: "#66726f",
                lines: LIGHT,
            }),
            Some("dark") => Ok(Self {
                surface: "#131817",
                text: "#e7edeb",
                muted: "#a5b1ae",
                grid: "#1f2726",
                axis: "#889592",
                lines: DARK,
            }),
            Some(word) => Err(Problem::bad_request(format!(
                "There is no theme {word:?}: light and dark are themes."
            ))),
        }
    }

    pub fn line(&self, slot: Option<Slot>) -> &'static str {
        slot.map_or(self.axis, |slot| self.lines[slot.colour % COLOURS])
    }
}

/// The slot of each id: those that `paint` names (`id:slot,id:slot`, a slot from 0 to 35), else in order.
pub fn slots(ids: &[String], paint: Option<&str>) -> Answer<HashMap<String, Slot>> {
    let mut slots = HashMap::new();
    for pair in paint.unwrap_or_default().split(',').filter(|pair| !pair.is_empty()) {
        let (id, slot) = pair
            .rsplit_once(':')
            .and_then(|(id, slot)| Some((id, slot.parse::<usize>().ok().filter(|slot| *slot < SLOTS)?)))
            .ok_or_else(|| {
                Problem::bad_request(format!(
                    "`paint` has {pair:?}, which is no id:slot with a slot from 0 to 35."
                ))
            })?;
        slots.insert(
            id.to_owned(),
            Slot {
                colour: slot % COLOURS,
                dash: slot / COLOURS,
            },
        );
    }
    if paint.is_none() && ids.len() <= SLOTS {
        for (at, id) in ids.iter().enumerate() {
            slots.insert(
                id.clone(),
                Slot {
                    colour: at % COLOURS,
                    dash: at / COLOURS,
                },
            );
        }
    }
    Ok(slots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colours_are_those_of_the_page() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/styles/tokens.css");
        let tokens = std::fs::read_to_string(path).unwrap();
        let (light, dark) = (Colours::of(None).unwrap(), Colours::of(Some("dark")).unwrap());
        let mut pairs: Vec<(String, &str, &str)> = (0..COLOURS)
            .map(|i| (format!("run-{}", i + 1), LIGHT[i], DARK[i]))
            .collect();
        pairs.push(("surface".into(), light.surface, dark.surface));
        pairs.push(("text".into(), light.text, dark.text));
        pairs.push(("muted".into(), light.muted, dark.muted));
        pairs.push(("grid".into(), light.grid, dark.grid));
        pairs.push(("axis".into(), light.axis, dark.axis));
        for (name, light, dark) in pairs {
            let line = format!("--{name}: light-dark({light}, {dark});");
            assert!(tokens.contains(&line), "{line}");
        }
    }

    #[test]
    fn painted_runs_keep_their_slot() {
        let ids = ["a".to_owned(), "b".to_owned()];
        let painted = slots(&ids, Some("b:13")).unwrap();
        assert_eq!(painted.get("b"), Some(&Slot { colour: 1, dash: 1 }));
        assert_eq!(painted.get("a"), None);
        assert_eq!(slots(&ids, None).unwrap()["b"], Slot { colour: 1, dash: 0 });
        assert!(slots(&ids, Some("b:36")).is_err() && slots(&ids, Some("b")).is_err());
    }
}
