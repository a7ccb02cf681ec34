//! A stretch of points as it is held in memory for drawing: columns that say no more than they must.

use std::ops::Range;

use crate::Columns;

/// Steps: most writers log at even distances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Steps {
    /// `first + index * stride`, wrapping.
    Line {
        /// The first step.
        first: i64,
        /// From one to the next.
        stride: i64,
    },
    /// Any steps.
    List(Vec<i64>),
}

/// Wall times, seconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub enum Walls {
    /// `first + index * stride`, to the bit.
    Line {
        /// The first time.
        first: f64,
        /// From one to the next.
        stride: f64,
    },
    /// Near a line: the bits of the times, which grow as the times do, are these of a line and a little more or less.
    Near {
        /// Bits of the first time.
        first: i64,
        /// Bits from one to the next, on the average.
        stride: i64,
        /// What is to be added.
        off: Vec<i32>,
    },
    /// Any times.
    List(Vec<f64>),
}

/// Values: what was logged in 32 bits is held in 32 bits.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// Every value is one of these, widened.
    Single(Vec<f32>),
    /// Any values.
    Double(Vec<f64>),
}

/// Points in order of arrival, immutable.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub(crate) n: usize,
    pub(crate) steps: Steps,
    pub(crate) walls: Walls,
    pub(crate) values: Numbers,
    nonfinite: usize,
    constant: bool,
    walls_in_order: bool,
}

impl Steps {
    /// The shortest form of `steps`.
    pub fn of(steps: Vec<i64>) -> Self {
        let (first, stride) = match steps[..] {
            [] => (0, 0),
            [one] => (one, 0),
            [first, second, ..] => (first, second.wrapping_sub(first)),
        };
        let is_line = steps
            .iter()
            .zip(0i64..)
            .all(|(&step, i)| step == line(first, stride, i));
        if is_line {
            Self::Line { first, stride }
        } else {
            Self::List(steps)
        }
    }

    fn at(&self, index: usize) -> i64 {
        match self {
            Self::Line { first, stride } => line(*first, *stride, index as i64),
            Self::List(steps) => steps[index],
        }
    }
}

fn line(first: i64, stride: i64, index: i64) -> i64 {
    first.wrapping_add(stride.wrapping_mul(index))
}

impl Walls {
    /// The shortest form of `walls`.
    pub fn of(walls: Vec<f64>) -> Self {
        let (first, stride) = match walls[..] {
            [] => (0.0, 0.0),
            [one] => (one, 0.0),
            [first, second, ..] => (first, second - first),
        };
        let on_line = |(index, wall): (usize, &f64)| (first + index as f64 * stride).to_bits() == wall.to_bits();
        if walls.iter().enumerate().all(on_line) {
            return Self::Line { first, stride };
        }
        let first = first.to_bits() as i64;
        let last = walls.last().map_or(first, |wall| wall.to_bits() as i64);
        let stride = last.wrapping_sub(first) / walls.len().saturating_sub(1).max(1) as i64;
        let off = walls.iter().zip(0i64..).map(|(wall, i)| {
            let off = (wall.to_bits() as i64).wrapping_sub(line(first, stride, i));
            i32::try_from(off).ok()
        });
        match off.collect() {
            Some(off) => Self::Near { first, stride, off },
            None => Self::List(walls),
        }
    }

    fn at(&self, index: usize) -> f64 {
        match self {
            Self::Line { first, stride } => first + index as f64 * stride,
            Self::Near { first, stride, off } => {
                let bits = line(*first, *stride, index as i64).wrapping_add(i64::from(off[index]));
                f64::from_bits(bits as u64)
            }
            Self::List(walls) => walls[index],
        }
    }
}

impl Numbers {
    /// The shortest form of `values` that keeps every bit.
    pub fn of(values: Vec<f64>) -> Self {
        let single = |value: &f64| f64::from(*value as f32).to_bits() == value.to_bits();
        if values.iter().all(single) {
            Self::Single(values.into_iter().map(|value| value as f32).collect())
        } else {
            Self::Double(values)
        }
    }

    fn at(&self, index: usize) -> f64 {
        match self {
            Self::Single(values) => f64::from(values[index]),
            Self::Double(values) => values[index],
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Single(values) => values.len(),
            Self::Double(values) => values.len(),
        }
    }
}

impl Block {
    /// Of points in columns.
    pub fn of(columns: Columns) -> Self {
        Self::new(
            Steps::of(columns.steps),
            Walls::of(columns.walls),
            Numbers::of(columns.values),
        )
    }

    /// Of columns that are of one length, that of `values`.
    pub(crate) fn new(steps: Steps, walls: Walls, values: Numbers) -> Self {
        let (nonfinite, constant) = match &values {
            Numbers::Single(values) => (
                values.iter().filter(|value| !value.is_finite()).count(),
                values.iter().all(|value| value.to_bits() == values[0].to_bits()),
            ),
            Numbers::Double(values) => (
                values.iter().filter(|value| !value.is_finite()).count(),
                values.iter().all(|value| value.to_bits() == values[0].to_bits()),
            ),
        };
        let mut block = Self {
            n: values.len(),
            steps,
            walls,
            values,
            nonfinite,
            constant,
            walls_in_order: false,
        };
        block.walls_in_order = block.look_at_walls();
        block
    }

    /// How many points.
    pub fn len(&self) -> usize {
        self.n
    }

    /// No points.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// The step of a point.
    pub fn step(&self, index: usize) -> i64 {
        self.steps.at(index)
    }

    /// The time of a point, seconds since 1970.
    pub fn wall(&self, index: usize) -> f64 {
        self.walls.at(index)
    }

    /// The value of a point.
    pub fn value(&self, index: usize) -> f64 {
        self.values.at(index)
    }

    /// The values.
    pub fn values(&self) -> &Numbers {
        &self.values
    }

    /// How many values are NaN or infinite.
    pub fn nonfinite(&self) -> usize {
        self.nonfinite
    }

    /// Whether all values have the same bits.
    pub fn is_constant(&self) -> bool {
        self.constant
    }

    /// No step is smaller than the one before.
    pub fn steps_in_order(&self) -> bool {
        match &self.steps {
            Steps::Line { first, stride } => {
                let last = stride
                    .checked_mul(self.n.saturating_sub(1) as i64)
                    .and_then(|way| first.checked_add(way));
                match last {
                    Some(last) => last >= *first,
                    // A line that wraps around is looked at.
                    None => (0..self.n).map(|index| self.step(index)).is_sorted(),
                }
            }
            Steps::List(steps) => steps.is_sorted(),
        }
    }

    /// No time is NaN or earlier than the one before.
    pub fn walls_in_order(&self) -> bool {
        self.walls_in_order
    }

    fn look_at_walls(&self) -> bool {
        match &self.walls {
            Walls::Line { first, stride } => *stride >= 0.0 && first.is_finite(),
            Walls::Near { .. } | Walls::List(_) => {
                let walls = (0..self.n).map(|index| self.wall(index));
                walls.clone().is_sorted() && walls.into_iter().all(|wall| !wall.is_nan())
            }
        }
    }

    /// The earliest time; infinity where there is none.
    pub fn first_wall(&self) -> f64 {
        (0..self.n).map(|index| self.wall(index)).fold(f64::INFINITY, f64::min)
    }

    /// The first smallest and the first largest finite value of a range, by index.
    pub fn extremes(&self, range: Range<usize>) -> Option<(usize, usize)> {
        match &self.values {
            Numbers::Single(values) => extremes(&values[range.clone()], f32::INFINITY),
            Numbers::Double(values) => extremes(&values[range.clone()], f64::INFINITY),
        }
        .map(|(least, most)| (range.start + least, range.start + most))
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let steps = if let Steps::List(steps) = &self.steps {
            8 * steps.len()
        } else {
            0
        };
        let walls = match &self.walls {
            Walls::Line { .. } => 0,
            Walls::Near { off, .. } => 4 * off.len(),
            Walls::List(walls) => 8 * walls.len(),
        };
        let values = match &self.values {
            Numbers::Single(values) => 4 * values.len(),
            Numbers::Double(values) => 8 * values.len(),
        };
        size_of::<Self>() + steps + walls + values
    }

    /// The points as plain columns.
    pub fn columns(&self) -> Columns {
        Columns {
            steps: (0..self.n).map(|index| self.step(index)).collect(),
            walls: (0..self.n).map(|index| self.wall(index)).collect(),
            values: (0..self.n).map(|index| self.value(index)).collect(),
        }
    }
}

/// Values looked at together; where the extremes are is looked up in these alone.
const PART: usize = 128;

fn extremes<T>(values: &[T], infinity: T) -> Option<(usize, usize)>
where
    T: Copy + PartialOrd + std::ops::Neg<Output = T>,
{
    let (mut least, mut most) = ((infinity, 0), (-infinity, 0));
    for (index, part) in values.chunks(PART).enumerate() {
        let (low, high) = bounds(part, infinity);
        if low < least.0 {
            least = (low, index * PART);
        }
        if high > most.0 {
            most = (high, index * PART);
        }
    }
    let place = |(wanted, from): (T, usize)| {
        let found = values[from..].iter().position(|value| *value == wanted)?;
        Some(from + found)
    };
    if least.0 < infinity {
        Some((place(least)?, place(most)?))
    } else {
        None
    }
}

/// The smallest and the largest finite value, eight lanes at a time: the compiler makes vector code of it.
fn bounds<T>(values: &[T], infinity: T) -> (T, T)
where
    T: Copy + PartialOrd + std::ops::Neg<Output = T>,
{
    const LANES: usize = 8;
    let (mut low, mut high) = ([infinity; LANES], [-infinity; LANES]);
    // Comparisons with NaN are false; infinities are not inside these bounds and stay out by them.
    let mut look = |lane: usize, value: T| {
        low[lane] = if value < low[lane] && value > -infinity {
            value
        } else {
            low[lane]
        };
        high[lane] = if value > high[lane] && value < infinity {
            value
        } else {
            high[lane]
        };
    };
    let (whole, rest) = values.as_chunks::<LANES>();
    for eight in whole {
        for (lane, &value) in eight.iter().enumerate() {
            look(lane, value);
        }
    }
    for (lane, &value) in rest.iter().enumerate() {
        look(lane, value);
    }
    let least = |a: T, b: T| if b < a { b } else { a };
    let most = |a: T, b: T| if b > a { b } else { a };
    (
        low.into_iter().fold(infinity, least),
        high.into_iter().fold(-infinity, most),
    )
}
