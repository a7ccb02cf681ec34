//! ROC and precision over recall, from counts at every threshold.

/// Rows of one class against the rest, counted at every value of the score.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// Distinct scores, falling: a row is called positive whose score is at least this.
    pub thresholds: Vec<f64>,
    /// Positive rows at or above each threshold.
    pub hits: Vec<f64>,
    /// Negative rows at or above each threshold.
    pub alarms: Vec<f64>,
}

/// Counts of right and wrong calls at one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calls {
    /// Positive rows called positive.
    pub hits: f64,
    /// Negative rows called positive.
    pub alarms: f64,
    /// Positive rows called negative.
    pub misses: f64,
    /// Negative rows called negative.
    pub rejections: f64,
}

impl Calls {
    /// Of the rows called positive, the share that is.
    pub fn precision(self) -> f64 {
        share(self.hits, self.hits + self.alarms)
    }

    /// Of the positive rows, the share called so.
    pub fn recall(self) -> f64 {
        share(self.hits, self.hits + self.misses)
    }

    /// Of the negative rows, the share called so.
    pub fn specificity(self) -> f64 {
        share(self.rejections, self.rejections + self.alarms)
    }

    /// Harmonic mean of precision and recall.
    pub fn f1(self) -> f64 {
        share(2.0 * self.hits, 2.0 * self.hits + self.alarms + self.misses)
    }

    /// Share of all rows that are called what they are.
    pub fn accuracy(self) -> f64 {
        share(
            self.hits + self.rejections,
            self.hits + self.alarms + self.misses + self.rejections,
        )
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { f64::NAN }
}

impl Ranking {
    /// From a score and a truth for each row.
    pub fn new(scores: &[f64], positive: &[bool]) -> Self {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let mut ranking = Self {
            thresholds: Vec::new(),
            hits: Vec::new(),
            alarms: Vec::new(),
        };
        let (mut hits, mut alarms) = (0.0, 0.0);
        for (place, &row) in order.iter().enumerate() {
            *if positive[row] { &mut hits } else { &mut alarms } += 1.0;
            #[expect(clippy::float_cmp, reason = "rows of one score share a threshold")]
            let tied = order.get(place + 1).is_some_and(|&next| scores[next] == scores[row]);
            if !tied {
                ranking.thresholds.push(scores[row]);
                ranking.hits.push(hits);
                ranking.alarms.push(alarms);
            }
        }
        ranking
    }

    /// All positive rows.
    pub fn positives(&self) -> f64 {
        self.hits.last().copied().unwrap_or(0.0)
    }

    /// All negative rows.
    pub fn negatives(&self) -> f64 {
        self.alarms.last().copied().unwrap_or(0.0)
    }

    /// The calls at threshold number `at`.
    pub fn calls(&self, at: usize) -> Calls {
        Calls {
            hits: self.hits[at],
            alarms: self.alarms[at],
            misses: self.positives() - self.hits[at],
            rejections: self.negatives() - self.alarms[at],
        }
    }

    /// The calls where a row is called positive whose score is above `threshold`.
    pub fn calls_above(&self, threshold: f64) -> Calls {
        match self.thresholds.partition_point(|&score| score > threshold) {
            0 => Calls {
                hits: 0.0,
                alarms: 0.0,
                misses: self.positives(),
                rejections: self.negatives(),
            },
            count => self.calls(count - 1),
        }
    }

    /// Area under the ROC curve, ties counting half; NaN where there is one kind of row only.
    pub fn auc(&self) -> f64 {
        let (mut area, mut last) = (0.0, (0.0, 0.0));
        for (&hits, &alarms) in self.hits.iter().zip(&self.alarms) {
            area += (alarms - last.1) * f64::midpoint(hits, last.0);
            last = (hits, alarms);
        }
        share(area, self.positives() * self.negatives())
    }

    /// Average precision: precision at each threshold, weighed with the recall gained there; NaN without a positive row.
    pub fn average_precision(&self) -> f64 {
        let (mut sum, mut last) = (0.0, 0.0);
        for at in 0..self.thresholds.len() {
            sum += (self.hits[at] - last) * self.calls(at).precision();
            last = self.hits[at];
        }
        share(sum, self.positives())
    }

    /// Points of the ROC curve, from (0, 0) to (1, 1): threshold, false positive rate, true positive rate.
    pub fn roc(&self) -> Vec<[f64; 3]> {
        let mut points = vec![[f64::INFINITY, 0.0, 0.0]];
        points.extend((0..self.thresholds.len()).map(|at| {
            [
                self.thresholds[at],
                share(self.alarms[at], self.negatives()),
                share(self.hits[at], self.positives()),
            ]
        }));
        points
    }

    /// Points of precision over recall, by falling threshold from recall 0 (where precision counts as 1): threshold,
    /// recall, precision.
    pub fn precision_recall(&self) -> Vec<[f64; 3]> {
        let mut points = vec![[f64::INFINITY, 0.0, 1.0]];
        points.extend((0..self.thresholds.len()).map(|at| {
            let calls = self.calls(at);
            [self.thresholds[at], calls.recall(), calls.precision()]
        }));
        points
    }
}
