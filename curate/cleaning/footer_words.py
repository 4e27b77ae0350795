"""Words of the lines at the foot of Japanese web pages, written for seimai, by what they belong to."""

_RIGHTS = "Copyright copyright © (C) Reserved reserved Rights rights 無断転載 転載を禁 複製を禁 Inc."
_COMPANY = "会社概要 会社案内 企業情報 採用情報 お知らせ 問い合わせ 問合せ アクセスマップ 資料請求 ヘルプ"
_TERMS = "プライバシーポリシー 個人情報保護方針 利用規約 免責事項 特定商取引法に基づく表記 特定商取引法"
_PLACES = "トップページ サイトマップ サイト 一覧へ 一覧を見る もっと見る 詳細 その他"
_MEMBERS = "ログイン ログアウト マイページ 新規会員登録 会員登録 新規登録 カートを見る 検索"
_SHARING = "Twitter twitter Facebook ツイート いいね フォロー ブックマーク"
_BLOG = "この記事へ 最近の記事 最近記事 記事 コメント トラックバック カテゴリ アーカイブ ランキング"
_ADVERTS = "スポンサー Sponsored sponsored 広告 バナー アフィリエイト クリック ポイント PR"
_LINKS = "当サイトについて リンク Link link http"

FOOTER_WORDS: tuple[str, ...] = tuple(
    " ".join([_RIGHTS, _COMPANY, _TERMS, _PLACES, _MEMBERS, _SHARING, _BLOG, _ADVERTS, _LINKS]).split()
)
