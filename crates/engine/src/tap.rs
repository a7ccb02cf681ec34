//! Looking at the gradient of a value in the middle of a tape, without cutting it.

use std::sync::{Arc, Mutex, PoisonError};

use burn_autodiff::checkpoint::base::Checkpointer;
use burn_autodiff::checkpoint::strategy::NoCheckpointing;
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::Backend;
use burn_backend::backend::AutodiffBackend;
use burn_backend::tensor::FloatTensor;

use crate::backend::Taped;
use crate::float::Float;

/// Where the gradient of a tapped value arrives.
pub type Seen<B> = Arc<Mutex<Option<FloatTensor<B>>>>;

#[derive(Debug)]
struct Tap;

impl<B: Backend> Backward<B, 1> for Tap {
    type State = Seen<B>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [parent] = ops.parents;
        if let Some(parent) = parent {
            grads.register::<B>(parent.id, gradient.clone());
        }
        *ops.state.lock().unwrap_or_else(PoisonError::into_inner) = Some(gradient);
    }
}

/// The same value, whose gradient will be seen. One that no tape reaches becomes a leaf of it.
pub fn tap<B: Backend>(value: &Float<Taped<B>>) -> (Float<Taped<B>>, Seen<B>) {
    let seen = Seen::<B>::default();
    let (shape, elem) = (value.shape().to_vec(), value.elem);
    let plain = Taped::<B>::inner(value.prim.clone());
    let guard = value.prim.node();
    let prim = match Tap.prepare::<NoCheckpointing>([guard]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(Arc::clone(&seen), plain),
        OpsKind::UnTracked(_) => {
            use burn_backend::ops::FloatTensorOps;
            let leaf = Taped::<B>::float_set_require_grad(Taped::<B>::from_inner(plain.clone()), true);
            match Tap.prepare::<NoCheckpointing>([leaf.node()]).compute_bound().stateful() {
                OpsKind::Tracked(prep) => prep.finish(Arc::clone(&seen), plain),
                OpsKind::UnTracked(prep) => prep.finish(plain),
            }
        }
    };
    (Float::wrap(prim, shape, elem), seen)
}

/// The gradient that has arrived.
pub fn seen<B: Backend>(slot: &Seen<B>) -> Option<FloatTensor<B>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}
