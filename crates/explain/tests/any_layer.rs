//! Activation maps and Grad-CAM for every layer of graphs shaped as `SqueezeNet`, `ResNet` and `DenseNet` are.

#[expect(dead_code, reason = "other tests write other graphs with it")]
mod sketch;

use glassboard_engine::{Options, Session};
use glassboard_explain::methods::grad_cam;
use glassboard_explain::{Ask, Readout, Runner, layers};
use glassboard_model::{Array, Model, OutputSpace};
use ndarray::IxDyn;
use sketch::{densenet, resnet, squeezenet};

#[test]
fn every_spatial_layer_has_its_map() {
    let x = Array::from_shape_fn(IxDyn(&[2, 3, 32, 32]), |i| {
        ((i[0] * 7 + i[1] * 5 + i[2] * 3 + i[3]) % 11) as f32 * 0.2 - 1.0
    });
    for (name, spec) in [
        ("squeezenet", squeezenet()),
        ("resnet", resnet()),
        ("densenet", densenet()),
    ] {
        let session: Session = Session::from_spec(&spec, Options::default()).unwrap();
        let readout = Readout {
            output: None,
            space: OutputSpace::Raw,
        };
        let ask = Ask::new(&x, readout, &[1, 4]).unwrap();
        let (mut maps, mut live) = (0, 0);
        for value in session.values() {
            let activation = session.capture(&x.view(), &[&value.name]).unwrap().swap_remove(0);
            let &[rows, _, h, w] = activation.shape() else { continue };
            assert_eq!(rows, 2, "{name}: {}", value.name);
            assert!(activation.iter().all(|v| v.is_finite()));
            let (mut progress, cancelled) = (|_: f64, _: &str| {}, || false);
            let mut run = Runner::new(&session, &mut progress, &cancelled);
            let map = grad_cam::grad_cam(&mut run, &ask, &value.name, false)
                .unwrap_or_else(|e| panic!("{name}: {}: {e}", value.name));
            assert_eq!(map.shape(), [2, 1, h, w]);
            assert!(map.iter().all(|v| v.is_finite()));
            maps += 1;
            live += usize::from(map.iter().any(|v| v.abs() > 1e-9));
        }
        assert!(maps >= 8, "{name}: only {maps} layers");
        assert!(
            live * 10 >= maps * 9,
            "{name}: {live} of {maps} maps are more than zeros"
        );
        let (layer, _) = layers::default_layer(&session, &x.view()).unwrap();
        assert!(session.program().value(&layer).is_some(), "{name}: {layer}");
    }
}
