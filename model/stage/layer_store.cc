#include "model/stage/layer_store.h"

namespace jupiter {

LayerStore::LayerStore(Device& device, Checkpoint& checkpoint, const StageOptions& options)
    : config_(checkpoint.config()),
      loader_(device, checkpoint, options.quantise),
      share_(options.ShareOf(config_)),
      first_(options.layer_begin) {
  const int resident = options.layers() - options.streamed_layers();
  for (int index = 0; index < resident; ++index) resident_.push_back(Load(index));
  for (int index = resident; index < options.layers(); ++index) Stream(index);
}

const Layer& LayerStore::Fetch(int index) {
  const auto place = static_cast<std::size_t>(index);
  return place < resident_.size() ? resident_[place] : Stream(index);
}

Layer LayerStore::Load(int index) {
  return Layer(config_, loader_.LoadLayer(first_ + index, share_), share_, index);
}

const Layer& LayerStore::Stream(int index) {
  if (index == passing_index_) return *passing_;
  passing_.reset();
  passing_index_ = -1;
  passing_.emplace(Load(index));
  passing_index_ = index;
  return *passing_;
}

}  // namespace jupiter
