//! TensorBoard's plugins: their replies.
