//! Sets of players.

/// A set of players, one bit each.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Coalition {
    words: Vec<u64>,
    players: usize,
}

impl Coalition {
    /// Nobody, of `players`.
    pub fn empty(players: usize) -> Self {
        Self {
            words: vec![0; players.div_ceil(64).max(1)],
            players,
        }
    }

    /// Everybody.
    pub fn full(players: usize) -> Self {
        Self::empty(players).complement()
    }

    /// The players whose bit is set in `bits`; for at most 64 players.
    pub fn from_bits(players: usize, bits: u64) -> Self {
        let mut coalition = Self::empty(players);
        coalition.words[0] = bits;
        coalition
    }

    /// These players.
    pub fn of(players: usize, members: impl IntoIterator<Item = usize>) -> Self {
        let mut coalition = Self::empty(players);
        for member in members {
            coalition.insert(member);
        }
        coalition
    }

    /// Of how many players.
    pub fn players(&self) -> usize {
        self.players
    }

    /// Whether `player` is in.
    pub fn contains(&self, player: usize) -> bool {
        self.words[player / 64] >> (player % 64) & 1 == 1
    }

    /// Takes `player` in.
    pub fn insert(&mut self, player: usize) {
        self.words[player / 64] |= 1 << (player % 64);
    }

    /// Those who are not in.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut words: Vec<u64> = self.words.iter().map(|word| !word).collect();
        let last = self.players % 64;
        if let Some(word) = words.last_mut() {
            *word &= match (self.players, last) {
                (0, _) => 0,
                (_, 0) => u64::MAX,
                _ => (1 << last) - 1,
            };
        }
        Self {
            words,
            players: self.players,
        }
    }

    /// Those in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let words = self.words.iter().zip(&other.words).map(|(a, b)| a | b).collect();
        Self {
            words,
            players: self.players,
        }
    }

    /// How many are in.
    pub fn size(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether everybody is in.
    pub fn is_full(&self) -> bool {
        self.size() == self.players
    }

    /// Those who are in, in order.
    pub fn members(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                (left != 0).then(|| {
                    let bit = left.trailing_zeros() as usize;
                    left &= left - 1;
                    at * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_over_more_than_one_word_keep_to_their_players() {
        for players in [1, 63, 64, 65, 130] {
            let full = Coalition::full(players);
            assert_eq!(full.size(), players);
            assert!(full.is_full());
            let some = Coalition::of(players, (0..players).step_by(3));
            let rest = some.complement();
            assert_eq!(some.size() + rest.size(), players);
            assert_eq!(some.union(&rest), full);
            let members: Vec<usize> = some.members().collect();
            assert_eq!(members, (0..players).step_by(3).collect::<Vec<_>>());
            assert!(members.iter().all(|m| some.contains(*m) && !rest.contains(*m)));
        }
    }
}
