import courses.models.blocks
import django.core.validators
import django.db.models.deletion
import modelcluster.fields
import wagtail.fields
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('exams', '0004_passing_words'),
        ('organisation', '0002_rosterimport'),
        ('organisation', '__first__'),
        ('study', '0001_initial'),
        ('wagtailcore', '0098_apitoken'),
        ('wagtailimages', '0027_image_description'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChapterPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'verbose_name': '章',
                'verbose_name_plural': '章',
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='CoursesPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'verbose_name': '课程目录',
                'verbose_name_plural': '课程目录',
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='LessonPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('required', models.BooleanField(default=True, help_text='必学课时全部学完，才算学完课程。', verbose_name='必学')),
                ('nominal_minutes', models.PositiveSmallIntegerField(default=0, help_text='学时按它折算。填 0 则按视频、音频的长度和文字的阅读时间估算。', validators=[django.core.validators.MaxValueValidator(600)], verbose_name='标称时长（分钟）')),
                ('body', wagtail.fields.StreamField([('article', 3), ('video', 6), ('audio', 8), ('pdf', 11), ('book', 20), ('link', 24), ('practice', 27), ('exam', 30), ('reflection', 34)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'label': '标题', 'max_length': 120, 'required': False}), 1: ('wagtail.blocks.RichTextBlock', (), {'features': ['h2', 'h3', 'bold', 'italic', 'ol', 'ul', 'blockquote', 'hr', 'link', 'image'], 'help_text': '用小标题分段。学员读完每一段（每分钟按 600 字计，每段至少 5 秒）即为学完。图片请填写替代文字。', 'label': '正文'}), 2: ('wagtail.blocks.BooleanBlock', (), {'default': True, 'help_text': '不勾选时可看可不看，不影响完成本课时。', 'label': '必学', 'required': False}), 3: ('wagtail.blocks.StructBlock', [[('title', 0), ('text', 1), ('required', 2)]], {}), 4: ('courses.models.choosing.VideoFileBlock', (), {'label': '视频'}), 5: ('wagtail.blocks.CharBlock', (), {'help_text': '留空则用课件的名称。', 'label': '标题', 'max_length': 120, 'required': False}), 6: ('wagtail.blocks.StructBlock', [[('material', 4), ('title', 5), ('required', 2)]], {}), 7: ('courses.models.choosing.AudioFileBlock', (), {'label': '音频'}), 8: ('wagtail.blocks.StructBlock', [[('material', 7), ('title', 5), ('required', 2)]], {}), 9: ('courses.models.choosing.PdfFileBlock', (), {'label': 'PDF 文档'}), 10: ('wagtail.blocks.BooleanBlock', (), {'default': False, 'label': '允许下载原文件', 'required': False}), 11: ('wagtail.blocks.StructBlock', [[('material', 9), ('title', 5), ('download', 10), ('required', 2)]], {}), 12: ('wagtail.blocks.CharBlock', (), {'label': '书名', 'max_length': 120}), 13: ('wagtail.blocks.CharBlock', (), {'label': '作者', 'max_length': 120, 'required': False}), 14: ('wagtail.blocks.CharBlock', (), {'label': '出版社', 'max_length': 120, 'required': False}), 15: ('wagtail.images.blocks.ImageChooserBlock', (), {'label': '封面', 'required': False}), 16: ('wagtail.blocks.CharBlock', (), {'label': 'ISBN', 'max_length': 20, 'required': False, 'validators': [courses.models.blocks.check_isbn]}), 17: ('wagtail.blocks.URLBlock', (), {'label': '电子书网址', 'validators': [django.core.validators.URLValidator(message='请填写以 https:// 开头的完整网址。', schemes=['https'])]}), 18: ('wagtail.blocks.CharBlock', (), {'help_text': '例如：在校园网内打开，或先登录图书馆。', 'label': '获取方式', 'max_length': 200, 'required': False}), 19: ('wagtail.blocks.BooleanBlock', (), {'default': False, 'help_text': '不勾选时可看可不看，不影响完成本课时。', 'label': '必学', 'required': False}), 20: ('wagtail.blocks.StructBlock', [[('title', 12), ('author', 13), ('publisher', 14), ('cover', 15), ('isbn', 16), ('url', 17), ('access_note', 18), ('required', 19)]], {}), 21: ('wagtail.blocks.CharBlock', (), {'label': '标题', 'max_length': 120}), 22: ('wagtail.blocks.URLBlock', (), {'label': '视频网址', 'validators': [django.core.validators.URLValidator(message='请填写以 https:// 开头的完整网址。', schemes=['https'])]}), 23: ('wagtail.blocks.CharBlock', (), {'label': '说明', 'max_length': 200, 'required': False}), 24: ('wagtail.blocks.StructBlock', [[('title', 21), ('url', 22), ('access_note', 23), ('required', 19)]], {}), 25: ('courses.models.choosing.PracticeRowBlock', (), {'help_text': '交卷即为完成。', 'label': '练习'}), 26: ('wagtail.blocks.CharBlock', (), {'help_text': '留空则用练习的名称。', 'label': '标题', 'max_length': 120, 'required': False}), 27: ('wagtail.blocks.StructBlock', [[('exam', 25), ('title', 26), ('required', 2)]], {}), 28: ('courses.models.choosing.ExamRowBlock', (), {'help_text': '合格即为完成。', 'label': '考试'}), 29: ('wagtail.blocks.CharBlock', (), {'help_text': '留空则用考试的名称。', 'label': '标题', 'max_length': 120, 'required': False}), 30: ('wagtail.blocks.StructBlock', [[('exam', 28), ('title', 29), ('required', 2)]], {}), 31: ('wagtail.blocks.CharBlock', (), {'default': '心得体会', 'label': '标题', 'max_length': 120}), 32: ('wagtail.blocks.TextBlock', (), {'label': '要求', 'max_length': 2000, 'required': False}), 33: ('wagtail.blocks.IntegerBlock', (), {'default': 800, 'label': '至少字数', 'max_value': 20000, 'min_value': 0}), 34: ('wagtail.blocks.StructBlock', [[('title', 31), ('prompt', 32), ('least_words', 33), ('required', 2)]], {})}, verbose_name='内容')),
            ],
            options={
                'verbose_name': '课时',
                'verbose_name_plural': '课时',
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='CoursePage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('summary', models.TextField(blank=True, max_length=1000, verbose_name='简介')),
                ('audience_statuses', models.JSONField(blank=True, default=list, help_text='不选则不限。', verbose_name='学习对象：人员状态')),
                ('required', models.BooleanField(default=False, help_text='勾选后，发布时把全体学习对象列入应学名单；不勾选则自愿学习。', verbose_name='应学')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='应学完时间')),
                ('threshold_percent', models.PositiveSmallIntegerField(choices=[(70, '70 %'), (90, '90 %'), (95, '95 %'), (100, '100 %')], default=90, help_text='视频、音频看过（重复不计）达到全长的这个比例，即为看完。', verbose_name='看完的标准')),
                ('no_skip', models.BooleanField(default=False, help_text='看完一遍之后可以随意拖动。', verbose_name='首次观看不可跳过')),
                ('rate_max', models.CharField(choices=[('1.0', '不可加速'), ('1.25', '1.25 倍'), ('1.5', '1.5 倍'), ('2.0', '2 倍')], default='2.0', max_length=4, verbose_name='最高播放速度')),
                ('idle_s', models.PositiveSmallIntegerField(default=120, help_text='阅读时多久没有任何操作就暂停计时，60 至 300 秒。播放视频时不适用。', validators=[django.core.validators.MinValueValidator(60), django.core.validators.MaxValueValidator(300)], verbose_name='无操作暂停计时（秒）')),
                ('in_order', models.BooleanField(default=False, help_text='学完前一个必学课时，才能打开下一个。', verbose_name='按顺序学习')),
                ('credit_kind', models.CharField(choices=[('nominal', '按标称时长折算'), ('tiers', '按时长分档（≥ 30 分钟 1 学时，15–30 分钟 0.5，不足 15 分钟 0.25，测验 0.5）'), ('fixed', '固定学时（学完全课后一次计入）')], default='nominal', max_length=7, verbose_name='学时计算')),
                ('minutes_per_hour', models.PositiveSmallIntegerField(choices=[(45, '45 分钟'), (60, '60 分钟')], default=45, verbose_name='每学时分钟数')),
                ('fixed_hours', models.DecimalField(decimal_places=1, default=Decimal('0'), max_digits=5, validators=[django.core.validators.MinValueValidator(0)], verbose_name='固定学时')),
                ('certificate', models.BooleanField(default=False, verbose_name='学完发结业证书')),
                ('audience_units', modelcluster.fields.ParentalManyToManyField(blank=True, help_text='含下级。不选则为所属党组织的全体。', related_name='+', to='organisation.unit', verbose_name='学习对象：党组织')),
                ('cover', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailimages.image', verbose_name='封面')),
                ('owner_unit', models.ForeignKey(help_text='课程归谁管理。只有这个党组织及其下级的人员可以学习。', on_delete=django.db.models.deletion.PROTECT, related_name='course_pages', to='organisation.unit', verbose_name='所属党组织')),
            ],
            options={
                'verbose_name': '课程',
                'verbose_name_plural': '课程',
                'constraints': [models.CheckConstraint(condition=models.Q(('threshold_percent__in', [70, 90, 95, 100])), name='course_threshold'), models.CheckConstraint(condition=models.Q(('idle_s__range', (60, 300))), name='course_idle'), models.CheckConstraint(condition=models.Q(('fixed_hours__gte', 0)), name='course_hours')],
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='Material',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=120, verbose_name='名称')),
                ('kind', models.CharField(choices=[('video', '视频'), ('audio', '音频'), ('pdf', 'PDF 文档')], max_length=5, verbose_name='类型')),
                ('file', models.CharField(max_length=120, unique=True)),
                ('original_name', models.CharField(max_length=200, verbose_name='原文件名')),
                ('content_type', models.CharField(max_length=40)),
                ('size', models.PositiveBigIntegerField(verbose_name='大小')),
                ('subtitles', models.CharField(blank=True, max_length=120)),
                ('poster', models.CharField(blank=True, max_length=120)),
                ('duration_ms', models.PositiveBigIntegerField(default=0, verbose_name='时长')),
                ('width', models.PositiveIntegerField(default=0)),
                ('height', models.PositiveIntegerField(default=0)),
                ('pages', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('processing', '处理中'), ('ready', '可以使用'), ('failed', '不能使用')], default='processing', max_length=10, verbose_name='状态')),
                ('problem', models.CharField(blank=True, max_length=300, verbose_name='原因')),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('begun_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(verbose_name='上传时间')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner_unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='materials', to='organisation.unit', verbose_name='所属党组织')),
            ],
            options={
                'verbose_name': '课件',
                'verbose_name_plural': '课件',
                'indexes': [models.Index(fields=['state', 'begun_at'], name='material_by_state')],
            },
        ),
        migrations.CreateModel(
            name='MaterialUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('activity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='material_uses', to='study.activity')),
                ('material', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='courses.material')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('material', 'activity'), name='material_used_once')],
            },
        ),
        migrations.CreateModel(
            name='TopicPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('summary', models.CharField(blank=True, max_length=200, verbose_name='简介')),
                ('intro', wagtail.fields.RichTextField(blank=True, verbose_name='导语')),
                ('cover', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailimages.image', verbose_name='封面')),
                ('owner_unit', models.ForeignKey(help_text='专题归谁管理。这个党组织及其下级的人员可以看到。', on_delete=django.db.models.deletion.PROTECT, related_name='topic_pages', to='organisation.unit', verbose_name='所属党组织')),
            ],
            options={
                'verbose_name': '专题',
                'verbose_name_plural': '专题',
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='TopicCourse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort_order', models.IntegerField(blank=True, editable=False, null=True)),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='courses.coursepage', verbose_name='课程')),
                ('topic', modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='courses', to='courses.topicpage')),
            ],
            options={
                'ordering': ['sort_order'],
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('topic', 'course'), name='course_once_in_topic')],
            },
        ),
        migrations.CreateModel(
            name='TopicBook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort_order', models.IntegerField(blank=True, editable=False, null=True)),
                ('title', models.CharField(max_length=120, verbose_name='书名')),
                ('author', models.CharField(blank=True, max_length=120, verbose_name='作者')),
                ('publisher', models.CharField(blank=True, max_length=120, verbose_name='出版社')),
                ('isbn', models.CharField(blank=True, max_length=20, validators=[courses.models.blocks.check_isbn], verbose_name='ISBN')),
                ('url', models.URLField(blank=True, validators=[django.core.validators.URLValidator(message='请填写以 https:// 开头的完整网址。', schemes=['https'])], verbose_name='网址')),
                ('access_note', models.CharField(blank=True, help_text='例如：图书馆三楼社科阅览室；或在校园网内打开。', max_length=200, verbose_name='获取方式')),
                ('cover', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailimages.image', verbose_name='封面')),
                ('topic', modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='books', to='courses.topicpage')),
            ],
            options={
                'verbose_name': '书',
                'verbose_name_plural': '专题书目',
                'ordering': ['sort_order'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ExamUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('part', models.CharField(max_length=40)),
                ('must_pass', models.BooleanField()),
                ('activity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exam_uses', to='study.activity')),
                ('exam', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lesson_uses', to='exams.exam')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('activity', 'part'), name='exam_of_a_part')],
            },
        ),
    ]
