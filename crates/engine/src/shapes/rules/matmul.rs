//! Matrix products.

use crate::value::Elem;

use super::super::dim::Dim;
use super::super::fact::Fact;
use super::super::site::{Gap, Inferred, Site, contradiction};
use super::broadcast_dims;

/// Shape of `a @ b` as numpy's `matmul`: leading axes broadcast, vectors are lifted and dropped again.
pub fn matmul_dims(a: &[Dim], b: &[Dim]) -> Result<Vec<Dim>, Gap> {
    let (ra, rb) = (a.len(), b.len());
    if ra == 0 || rb == 0 {
        return contradiction("a scalar has no matrix product");
    }
    let (inner_a, inner_b) = (&a[ra - 1], &b[rb.saturating_sub(2)]);
    if inner_a.differs(inner_b) {
        return contradiction(format!("a row of {inner_a} does not multiply a column of {inner_b}"));
    }
    let mut shape = broadcast_dims(&a[..ra.saturating_sub(2)], &b[..rb.saturating_sub(2)])?;
    if ra > 1 {
        shape.push(a[ra - 2].clone());
    }
    if rb > 1 {
        shape.push(b[rb - 1].clone());
    }
    Ok(shape)
}

/// `MatMul`.
pub fn matmul(s: &Site<'_>) -> Inferred {
    typed(s, s.elem(0))
}

/// `MatMulInteger`.
pub fn matmul_integer(s: &Site<'_>) -> Inferred {
    typed(s, Some(Elem::I32))
}

fn typed(s: &Site<'_>, elem: Option<Elem>) -> Inferred {
    match (s.shape(0), s.shape(1)) {
        (Ok(a), Ok(b)) => Ok(vec![Fact::new(elem, matmul_dims(a, b)?)]),
        _ => Err(Gap::Unknown(vec![elem])),
    }
}

/// `Gemm`.
pub fn gemm(s: &Site<'_>) -> Inferred {
    let (ta, tb) = (s.int("transA", 0) != 0, s.int("transB", 0) != 0);
    let rows = s
        .shape_of_rank(0, 2)
        .map(|a| (a[usize::from(ta)].clone(), a[usize::from(!ta)].clone()));
    let columns = s
        .shape_of_rank(1, 2)
        .map(|b| (b[usize::from(tb)].clone(), b[usize::from(!tb)].clone()));
    for side in [&rows, &columns] {
        if let Err(Gap::Contradiction(text)) = side {
            return contradiction(text.clone());
        }
    }
    if let (Ok((_, k)), Ok((k2, _))) = (&rows, &columns)
        && k.differs(k2)
    {
        return contradiction(format!("a row of {k} does not multiply a column of {k2}"));
    }
    let m = rows.map_or_else(|_| Dim::unknown_size(), |(m, _)| m);
    let n = columns.map_or_else(|_| Dim::unknown_size(), |(_, n)| n);
    Ok(vec![Fact::new(s.elem(0), vec![m, n])])
}
